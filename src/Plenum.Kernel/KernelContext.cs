using Google.Protobuf;
using Plenum.Kernel.Agents;
using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;
using Plenum.Kernel.Explaining;
using Plenum.Kernel.Frameworks;
using Plenum.Kernel.Operators;
using Plenum.Kernel.Preemption;
using Plenum.Kernel.Registry;
using Plenum.Kernel.Snapshots;
using Plenum.Kernel.Timing;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Registry.V1;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Maintenance;
using Plenum.Protocol.V1.Quota;
using Plenum.Protocol.V1.Scheduler;
using MasterEvent = Plenum.Protocol.V1.Master.Event;

namespace Plenum.Kernel;

/// <summary>What every part of the kernel shares: options, the time and effects of the command at hand, deadlines, names.</summary>
internal sealed class KernelContext(KernelOptions options)
{
    private List<KernelEffect> _effects = [];
    private long _agents;
    private long _frameworks;
    private long _offers;

    public KernelOptions Options { get; } = options;

    public DateTimeOffset Now { get; private set; }

    public DeadlineQueue Deadlines { get; } = new(IsLive);

    public KernelCounters Counters { get; } = new();

    private string MasterId => Options.MasterInfo.Id;

    /// <summary>Time never runs backwards inside the kernel, whatever the host's clock does.</summary>
    public void Begin(DateTimeOffset now, List<KernelEffect> effects)
    {
        Now = now > Now ? now : Now;
        _effects = effects;
    }

    public string NextAgentId() => $"{MasterId}-S{_agents++}";

    public string NextFrameworkId() => $"{MasterId}-{_frameworks++:D4}";

    public string NextOfferId() => $"{MasterId}-O{_offers++}";

    public void Send(FrameworkEntry framework, Event message)
    {
        if (framework.Stream is { } stream)
        {
            _effects.Add(new KernelEffect.SendToScheduler(stream, message));
        }
    }

    public void Send(SchedulerStreamId stream, Event message) =>
        _effects.Add(new KernelEffect.SendToScheduler(stream, message));

    public void Close(SchedulerStreamId stream) => _effects.Add(new KernelEffect.CloseScheduler(stream));

    /// <summary>ERROR, then the end of the stream: how a framework learns that its SUBSCRIBE was refused.</summary>
    public void Refuse(SchedulerStreamId stream, string reason)
    {
        Send(stream, new Event { Type = Event.Types.Type.Error, Error = new Event.Types.Error { Message = reason } });
        Close(stream);
    }

    /// <summary>Returns false when there is no link to send on.</summary>
    public bool Send(AgentEntry agent, MasterMessage message)
    {
        if (agent.Link is not { } link)
        {
            return false;
        }

        _effects.Add(new KernelEffect.SendToAgent(link, message));
        return true;
    }

    public void Send(AgentLinkId link, MasterMessage message) => _effects.Add(new KernelEffect.SendToAgent(link, message));

    public void Close(AgentLinkId link) => _effects.Add(new KernelEffect.CloseAgent(link));

    public void Publish(MasterEvent message) => _effects.Add(new KernelEffect.Publish(message));

    public void Answer(SchedulerStreamId stream, string? refusal) =>
        _effects.Add(new KernelEffect.AnswerUpdateFramework(stream, refusal));

    public void Answer(OperatorRequestId request, OperatorRefusal? refusal) =>
        _effects.Add(new KernelEffect.AnswerOperator(request, refusal));

    public void Answer(OperatorRequestId request, FrameworkExplanation? explanation) =>
        _effects.Add(new KernelEffect.AnswerExplanation(request, explanation));

    /// <summary>Something was dropped or refused that no API answer tells of.</summary>
    public void Note(string what) => _effects.Add(new KernelEffect.Note(what));

    public void Write(AgentEntry agent, RegistryAgent.Types.Standing standing) => Write(agent, standing, Now);

    /// <summary>Something of the agent changed, and its standing did not.</summary>
    public void Rewrite(AgentEntry agent) => Write(
        agent,
        agent.Standing == AgentStanding.Unreachable ? RegistryAgent.Types.Standing.Unreachable : RegistryAgent.Types.Standing.Admitted,
        agent.LostTime ?? Now);

    private void Write(AgentEntry agent, RegistryAgent.Types.Standing standing, DateTimeOffset since)
    {
        var entry = new RegistryAgent
        {
            AgentInfo = agent.Info,
            Version = agent.Version,
            Standing = standing,
            Since = WireTime.Of(since),
            RegisteredTime = WireTime.Of(agent.RegisteredTime),
            Life = agent.Registrations.Life,
            Confirmed = agent.Confirmed,
            Deactivated = agent.Deactivated,
        };
        if (agent.Drain is { } drain)
        {
            entry.DrainInfo = drain;
        }

        if (agent.DrainStarted is { } started)
        {
            entry.DrainStarted = WireTime.Of(started);
        }

        if (agent.Address is { } address)
        {
            entry.Address = address;
        }

        entry.Capabilities.AddRange(agent.Capabilities);
        Write(RegistryKeys.Of(agent.Id), entry);
    }

    public void Write(FrameworkEntry framework, DateTimeOffset? unregistered = null)
    {
        var entry = new RegistryFramework
        {
            FrameworkInfo = framework.Info,
            RegisteredTime = WireTime.Of(framework.RegisteredTime),
        };
        if (framework.Pid is { } pid)
        {
            entry.DriverPid = pid;
        }

        if (unregistered is { } time)
        {
            entry.UnregisteredTime = WireTime.Of(time);
        }

        Write(RegistryKeys.Of(framework.Id), entry);
    }

    public void Write(WeightInfo weight) =>
        Write(RegistryKeys.OfWeight(weight.Role), new RegistryWeight { Weight = weight });

    public void Write(RolePriority priority) => Write(
        RegistryKeys.OfPriority(priority.Role), new RegistryPriority { Role = priority.Role, Priority = priority.Priority });

    public void Write(QuotaConfig quota) =>
        Write(RegistryKeys.OfQuota(quota.Role), new RegistryQuota { Config = quota });

    public void WriteMaintenance(Schedule schedule, IEnumerable<MachineID> down)
    {
        if (schedule.Windows.Count == 0)
        {
            Delete(RegistryKeys.Maintenance);
            return;
        }

        var entry = new RegistryMaintenance { Schedule = schedule };
        entry.Down.AddRange(down);
        Write(RegistryKeys.Maintenance, entry);
    }

    private static bool IsLive(Deadline deadline) => deadline switch
    {
        { Kind: DeadlineKind.AgentPing, Target: AgentEntry agent } => deadline.Generation == agent.PingGeneration,
        { Kind: DeadlineKind.AgentReturn, Target: AgentEntry agent } => deadline.Generation == agent.ReturnGeneration,
        { Kind: DeadlineKind.SchedulerHeartbeat, Target: FrameworkEntry framework } => deadline.Generation == framework.HeartbeatGeneration,
        { Kind: DeadlineKind.FrameworkFailover, Target: FrameworkEntry framework } => deadline.Generation == framework.FailoverGeneration,
        _ => true,
    };

    public void Delete(string key) => _effects.Add(new KernelEffect.WriteRegistry(key, null));

    public void Write(string key, IMessage entry) =>
        _effects.Add(new KernelEffect.WriteRegistry(key, entry.ToByteArray()));
}
