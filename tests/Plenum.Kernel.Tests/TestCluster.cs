using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;
using Plenum.Kernel.Operators;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using MasterEvent = Plenum.Protocol.V1.Master.Event;

namespace Plenum.Kernel.Tests;

/// <summary>
/// One kernel with its registry, driven by hand. Every command is followed by a full audit of the book, so a
/// test of one behaviour also finds sums that drift.
/// </summary>
internal sealed class TestCluster
{
    public static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly List<KernelEffect> _effects = [];
    private readonly Dictionary<SchedulerStreamId, TestFramework> _streams = [];
    private readonly Dictionary<AgentLinkId, TestAgent> _links = [];
    private readonly Func<KernelOptions, KernelOptions> _configure;
    private long _nextStream;
    private long _nextLink;
    private long _nextRequest;
    private int _masters;

    public TestCluster(Func<KernelOptions, KernelOptions>? configure = null)
    {
        _configure = configure ?? (static options => options);
        Kernel = NewKernel();
    }

    public ClusterKernel Kernel { get; private set; }

    public DateTimeOffset Now { get; private set; } = Start;

    public SortedDictionary<string, byte[]> Registry { get; } = new(StringComparer.Ordinal);

    public List<MasterEvent> Published { get; } = [];

    public List<string> Notes { get; } = [];

    public List<KernelEffect> LastEffects { get; } = [];

    public ClusterSnapshot Snapshot => Kernel.Snapshot();

    public void Apply(KernelCommand command)
    {
        _effects.Clear();
        Kernel.Apply(command, Now, _effects);
        Kernel.CheckAll();
        LastEffects.Clear();
        LastEffects.AddRange(_effects);
        foreach (var effect in LastEffects)
        {
            Deliver(effect);
        }
    }

    /// <summary>Runs what waits for the end of the batch, as the shell does when its queue is empty.</summary>
    public void Settle()
    {
        while (Kernel.NextDeadline <= Now)
        {
            Apply(new KernelCommand.Tick());
        }
    }

    public void Advance(TimeSpan time)
    {
        var until = Now + time;
        Settle();
        while (Kernel.NextDeadline is { } next && next <= until)
        {
            Now = next;
            Settle();
        }

        Now = until;
    }

    /// <summary>What is sent on this link is the agent's.</summary>
    public void Adopt(TestAgent agent, AgentLinkId link)
    {
        agent.Attach(this, link);
        _links[link] = agent;
    }

    public TestAgent Register(TestAgent agent)
    {
        agent.Attach(this, new AgentLinkId(++_nextLink));
        _links[agent.Link] = agent;
        Apply(new KernelCommand.RegisterAgent(agent.Link, agent.Report()));
        return agent;
    }

    public TestAgent AddAgent(string resources = "cpus:4;mem:4096;disk:1000;ports:[31000-31999]", string hostname = "a.example") =>
        Register(new TestAgent(hostname, resources) { Port = 5051 + _links.Count });

    public TestFramework Subscribe(FrameworkInfo info, params string[] suppressed) =>
        Subscribe(new TestFramework(info), suppressed);

    public TestFramework Subscribe(TestFramework framework, params string[] suppressed)
    {
        framework.Attach(this, new SchedulerStreamId(++_nextStream));
        _streams[framework.Stream] = framework;
        var call = new Call
        {
            Type = Call.Types.Type.Subscribe,
            Subscribe = new Call.Types.Subscribe { FrameworkInfo = framework.Info.Clone(), OfferConstraints = framework.Constraints },
            FrameworkId = framework.Info.Id,
        };
        call.Subscribe.SuppressedRoles.AddRange(suppressed);
        Apply(new KernelCommand.Subscribe(framework.Stream, call, null));
        return framework;
    }

    /// <summary>As an old driver of this address: anew, or again on the stream the framework has.</summary>
    public TestFramework SubscribeDriver(TestFramework framework, string pid, bool force = false, bool again = false)
    {
        if (!again)
        {
            framework.Attach(this, new SchedulerStreamId(++_nextStream));
            _streams[framework.Stream] = framework;
        }

        var call = new Call
        {
            Type = Call.Types.Type.Subscribe,
            Subscribe = new Call.Types.Subscribe { FrameworkInfo = framework.Info.Clone() },
            FrameworkId = framework.Info.Id,
        };
        Apply(new KernelCommand.Subscribe(framework.Stream, call, null) { Driver = new DriverPeer(pid, force) });
        return framework;
    }

    public TestFramework AddFramework(string name = "fw", params FrameworkInfo.Types.Capability.Types.Type[] capabilities) =>
        Subscribe(TestFramework.Describe(name, capabilities));

    /// <summary>A new master over the same registry; every stream and link of the old one is gone.</summary>
    public void RestartMaster()
    {
        Kernel = NewKernel();
        _streams.Clear();
        _links.Clear();
        Kernel.Restore(Registry, Now);
        Kernel.CheckAll();
    }

    /// <summary>A call of the operator API; null when it was done.</summary>
    public OperatorRefusal? Operate(Protocol.V1.Master.Call call)
    {
        var request = new OperatorRequestId(++_nextRequest);
        Apply(new KernelCommand.OperatorCall(request, call));
        var answer = LastEffects.OfType<KernelEffect.AnswerOperator>().ShouldHaveSingleItem();
        answer.Request.ShouldBe(request);
        return answer.Refusal;
    }

    private ClusterKernel NewKernel() => new(_configure(new KernelOptions
    {
        MasterInfo = new MasterInfo { Id = $"master-{++_masters}", Ip = 0, Port = 5050 },
    }));

    private void Deliver(KernelEffect effect)
    {
        switch (effect)
        {
            case KernelEffect.SendToScheduler(var stream, var message):
                _streams[stream].Receive(stream, message);
                break;
            case KernelEffect.CloseScheduler(var stream):
                _streams[stream].Closed.Add(stream);
                break;
            case KernelEffect.SendToAgent(var link, var message):
                _links[link].Receive(link, message);
                break;
            case KernelEffect.CloseAgent(var link):
                _links[link].Closed.Add(link);
                break;
            case KernelEffect.WriteRegistry(var key, { } value):
                Registry[key] = value;
                break;
            case KernelEffect.WriteRegistry(var key, null):
                Registry.Remove(key);
                break;
            case KernelEffect.Publish(var message):
                Published.Add(message);
                break;
            case KernelEffect.Note(var what):
                Notes.Add(what);
                break;
            default:
                break;
        }
    }
}
