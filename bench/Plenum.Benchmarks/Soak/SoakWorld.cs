using System.Globalization;
using Plenum.Kernel;
using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;
using Plenum.Kernel.Snapshots;
using Plenum.Master.Metrics;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Maintenance;
using Plenum.Protocol.V1.Scheduler;
using OperatorCall = Plenum.Protocol.V1.Master.Call;
using OperatorEvent = Plenum.Protocol.V1.Master.Event;

namespace Plenum.Benchmarks.Soak;

/// <summary>
/// A kernel with the master's counters, and around it agents, frameworks and an operator that never stop to come and go.
/// The world itself forgets what is over, so that what grows is the kernel's.
/// </summary>
internal sealed class SoakWorld
{
    private const int Agents = 60;
    private const int LastingFrameworks = 8;
    private const int PassingFrameworks = 12;

    /// <summary>The bounds of the product, smaller, so that every history is full before a third of the hour.</summary>
    private static readonly KernelOptions Options = new()
    {
        MasterInfo = new MasterInfo { Id = "soak", Ip = 0, Port = 5050 },
        MaxCompletedTasksPerFramework = 100,
        MaxUnreachableTasksPerFramework = 100,
        MaxLostAgents = 100,
        MaxCompletedFrameworks = 20,
        LostAgentRetention = TimeSpan.FromMinutes(5),
        RegistryCleaningInterval = TimeSpan.FromMinutes(1),
    };

    private readonly ClusterKernel _kernel = new(Options);
    private readonly SortedDictionary<string, byte[]> _registry = new(StringComparer.Ordinal);
    private readonly List<KernelEffect> _effects = [];
    private readonly Queue<KernelCommand> _answers = new();
    private readonly List<SoakAgent> _agents = [];
    private readonly List<SoakFramework> _frameworks = [];
    private readonly Dictionary<AgentLinkId, SoakAgent> _links = [];
    private readonly Dictionary<SchedulerStreamId, SoakFramework> _streams = [];
    private readonly FrameworkMetrics _metrics = new();
    private long _commands;
    private long _numbers;

    public SoakWorld(int seed)
    {
        Random = new Random(seed);
        _kernel.Restore([], Now);
        for (var i = 0; i < Agents; i++)
        {
            _agents.Add(new SoakAgent(this, i));
        }

        for (var i = 0; i < LastingFrameworks + PassingFrameworks; i++)
        {
            _frameworks.Add(new SoakFramework(this, i, lasts: i < LastingFrameworks));
        }
    }

    public Random Random { get; }

    public DateTimeOffset Now { get; private set; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public long Launched { get; set; }

    public long NextNumber() => ++_numbers;

    public bool Chance(double probability) => Random.NextDouble() < probability;

    public void Run(TimeSpan time)
    {
        var end = Now + time;
        while (Now < end)
        {
            Now += TimeSpan.FromSeconds(1);
            foreach (var agent in _agents)
            {
                agent.Second();
            }

            foreach (var framework in _frameworks)
            {
                framework.Second();
            }

            Operate();
            Settle();
            Read(_kernel.Snapshot());
        }
    }

    public string Describe()
    {
        var book = _kernel.Snapshot();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{_commands:N0} commands, {Launched:N0} tasks, {book.Agents.Count} agents, {book.UnreachableAgents.Count} lost, {book.Frameworks.Count} frameworks, {book.CompletedFrameworks.Count} completed, {_registry.Count} registry entries");
    }

    public AgentLinkId Open(SoakAgent agent, AgentMessage.Types.Register register)
    {
        var link = new AgentLinkId(NextNumber());
        _links.Add(link, agent);
        Apply(new KernelCommand.RegisterAgent(link, register));
        return link;
    }

    public void Close(AgentLinkId link)
    {
        if (_links.Remove(link))
        {
            Apply(new KernelCommand.AgentLinkClosed(link));
        }
    }

    public SchedulerStreamId Subscribe(SoakFramework framework, Call call)
    {
        var stream = new SchedulerStreamId(NextNumber());
        _streams.Add(stream, framework);
        Apply(new KernelCommand.Subscribe(stream, call, null));
        return stream;
    }

    public void Close(SchedulerStreamId stream)
    {
        if (_streams.Remove(stream))
        {
            Apply(new KernelCommand.SchedulerStreamClosed(stream));
        }
    }

    /// <summary>What an effect is answered with is said after the command that caused it.</summary>
    public void Later(KernelCommand command) => _answers.Enqueue(command);

    /// <summary>Like the master's loop: ticks while something is due, answers until nobody says anything more.</summary>
    private void Settle()
    {
        while (_answers.Count > 0 || _kernel.NextDeadline <= Now)
        {
            Apply(_answers.Count > 0 ? _answers.Dequeue() : new KernelCommand.Tick());
        }
    }

    private void Apply(KernelCommand command)
    {
        _commands++;
        if (command is KernelCommand.SchedulerCall { Call: { FrameworkId: { } caller } call })
        {
            _metrics.Called(caller.Value, call);
        }

        _kernel.Apply(command, Now, _effects);
        var effects = _effects.ToArray();
        _effects.Clear();
        foreach (var effect in effects)
        {
            Take(effect);
        }
    }

    private void Take(KernelEffect effect)
    {
        switch (effect)
        {
            case KernelEffect.WriteRegistry { Value: { } value } write:
                _registry[write.Key] = value;
                break;
            case KernelEffect.WriteRegistry write:
                _registry.Remove(write.Key);
                break;
            case KernelEffect.SendToScheduler send when _streams.TryGetValue(send.Stream, out var framework):
                framework.Hear(send.Stream, send.Event);
                _metrics.Told(framework.Id?.Value ?? send.Event.Subscribed?.FrameworkId.Value ?? string.Empty, send.Event);
                break;
            case KernelEffect.CloseScheduler close when _streams.Remove(close.Stream, out var ended):
                ended.Ended(close.Stream);
                break;
            case KernelEffect.SendToAgent send when _links.TryGetValue(send.Link, out var agent):
                agent.Hear(send.Link, send.Message);
                break;
            case KernelEffect.CloseAgent close when _links.Remove(close.Link, out var left):
                left.Ended(close.Link);
                break;
            case KernelEffect.Publish { Event: { Type: OperatorEvent.Types.Type.FrameworkRemoved } removed }:
                _metrics.Remove(removed.FrameworkRemoved.FrameworkInfo.Id.Value);
                break;
        }
    }

    /// <summary>Weights, quotas, maintenance, draining, agents marked gone and frameworks torn down.</summary>
    private void Operate()
    {
        var agent = _agents[Random.Next(_agents.Count)];
        if (agent.Id is { } id && Chance(0.01))
        {
            Later(new KernelCommand.MarkAgentGone(id));
        }

        if (Chance(0.02))
        {
            Ask(new OperatorCall
            {
                Type = OperatorCall.Types.Type.UpdateWeights,
                UpdateWeights = new OperatorCall.Types.UpdateWeights { WeightInfos = { new WeightInfo { Role = $"role-{Random.Next(6)}", Weight = 1 + Random.Next(5) } } },
            });
        }

        if (Chance(0.02))
        {
            var schedule = new Schedule();
            if (Chance(0.5))
            {
                schedule.Windows.Add(new Window
                {
                    MachineIds = { new MachineID { Hostname = agent.Hostname, Ip = agent.Ip } },
                    Unavailability = new Unavailability { Start = new TimeInfo { Nanoseconds = Now.AddHours(1).ToUnixTimeMilliseconds() * 1_000_000 } },
                });
            }

            Ask(new OperatorCall
            {
                Type = OperatorCall.Types.Type.UpdateMaintenanceSchedule,
                UpdateMaintenanceSchedule = new OperatorCall.Types.UpdateMaintenanceSchedule { Schedule = schedule },
            });
        }

        if (agent.Id is { } drained && Chance(0.03))
        {
            Ask(Chance(0.5)
                ? new OperatorCall { Type = OperatorCall.Types.Type.DrainAgent, DrainAgent = new OperatorCall.Types.DrainAgent { AgentId = drained.ToWire() } }
                : new OperatorCall { Type = OperatorCall.Types.Type.ReactivateAgent, ReactivateAgent = new OperatorCall.Types.ReactivateAgent { AgentId = drained.ToWire() } });
        }

        if (_frameworks[Random.Next(_frameworks.Count)].Id is { } framework && Chance(0.2))
        {
            Later(new KernelCommand.ExplainFramework(new OperatorRequestId(NextNumber()), framework));
        }
    }

    private void Ask(OperatorCall call) => Later(new KernelCommand.OperatorCall(new OperatorRequestId(NextNumber()), call));

    // A reader that takes every snapshot, and the metrics made of it.
    private void Read(ClusterSnapshot snapshot)
    {
        if (Now.Second == 0)
        {
            _metrics.Add(new Dictionary<string, double>(StringComparer.Ordinal), snapshot);
            _kernel.CheckAll();
        }
    }
}
