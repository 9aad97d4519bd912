using Plenum.Kernel;
using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;
using Plenum.Kernel.Invariants;
using Plenum.Kernel.Preemption;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Simulation.World;

/// <summary>
/// One master: the real kernel behind a shell that keeps its rule, writes first. It can crash at any point, and
/// it can lose its lease and not know it for a while.
/// </summary>
internal sealed partial class SimMaster
{
    /// <summary>
    /// The kernel checks each change by itself; recomputing all its sums as well costs more than the change.
    /// Wrong sums stay wrong, so a look at every few commands finds them a few steps later.
    /// </summary>
    private const int AuditEvery = 8;

    /// <summary>Few, so that a kernel that does not count is noticed.</summary>
    private const int MaxPreemptions = 3;

    /// <summary>How often it is asked whom the book waits for: a few times in each of a world's shortest timeouts.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(2);

    private readonly SimCluster _cluster;
    private readonly SimWorld _world;
    private readonly ClusterKernel _kernel;
    private readonly List<KernelEffect> _effects = [];
    private readonly Queue<(List<KeyValuePair<string, byte[]?>> Writes, List<KernelEffect> Effects)> _outbox = new();
    private readonly Dictionary<AgentLinkId, (SimConnection Connection, Action<MasterMessage> Deliver)> _links = [];
    private readonly Dictionary<SchedulerStreamId, (SimConnection Connection, Action<Event> Deliver)> _streams = [];
    private readonly OfferWatch _watch;
    private readonly StandingWatch _standing;
    private readonly PreemptionWatch _preemption;
    private readonly OperatorWatch _operators;
    private DateTimeOffset _storeBack;
    private long _nextId;
    private long _commands;
    private long _tickGeneration;
    private DateTimeOffset _nextLook;

    public SimMaster(SimCluster cluster, SimWorld world, long term)
    {
        _cluster = cluster;
        _world = world;
        Term = term;
        _watch = new OfferWatch($"m{term}", SimAgent.Capacity);
        _standing = new StandingWatch($"m{term}", world.Now);
        _kernel = NewKernel($"m{term}", (ulong)world.Random.NextInt64());
        _kernel.Restore(cluster.Store.Read(), world.Now);
        _kernel.CheckAll();
        _preemption = new PreemptionWatch(Name, MaxPreemptions);
        _operators = new OperatorWatch(Name, _kernel.Snapshot());
    }

    public long Term { get; }

    public bool IsAlive { get; private set; } = true;

    public Kernel.Snapshots.ClusterSnapshot Snapshot => _kernel.Snapshot();

    public string Name => $"m{Term}";

    /// <summary>Kills this master took on; it sees them through.</summary>
    public IReadOnlySet<(FrameworkId Framework, TaskId Task)> Kills => _watch.Kills;

    /// <summary>What a master that started now would know.</summary>
    public static Kernel.Snapshots.ClusterSnapshot Successor(SimStore store, DateTimeOffset now)
    {
        var kernel = NewKernel("successor", 1);
        kernel.Restore(store.Read(), now);
        return kernel.Snapshot();
    }

    /// <summary>Everything it decided is durable or needs not be.</summary>
    public bool IsSettled => IsAlive && _outbox.Count == 0;

    /// <summary>Its writes reach the store, and hear of their fate, only after this time.</summary>
    public void LoseStore(TimeSpan time) => _storeBack = _world.Now + time;

    public void AcceptLink(SimConnection connection, AgentMessage.Types.Register message, Action<MasterMessage> deliver)
    {
        if (!IsAlive)
        {
            connection.ServerCrashed();
            return;
        }

        var link = new AgentLinkId(++_nextId);
        _links.Add(link, (connection, deliver));
        connection.ServerClosed = () =>
        {
            _links.Remove(link);
            Feed(new KernelCommand.AgentLinkClosed(link));
        };
        connection.Tag = link;
        Feed(new KernelCommand.RegisterAgent(link, message.Clone()));
    }

    public void FromAgent(SimConnection connection, AgentMessage message)
    {
        if (connection.Tag is AgentLinkId link)
        {
            Feed(new KernelCommand.AgentMessageReceived(link, message.Clone()));
        }
    }

    public void AcceptStream(SimConnection connection, Call call, Action<Event> deliver)
    {
        if (!IsAlive)
        {
            connection.ServerCrashed();
            return;
        }

        var stream = new SchedulerStreamId(++_nextId);
        _streams.Add(stream, (connection, deliver));
        connection.ServerClosed = () =>
        {
            _streams.Remove(stream);
            Feed(new KernelCommand.SchedulerStreamClosed(stream));
        };
        connection.Tag = stream;
        Feed(new KernelCommand.Subscribe(stream, call.Clone(), null));
    }

    public void FromFramework(SimConnection connection, Call call)
    {
        if (connection.Tag is SchedulerStreamId stream)
        {
            Feed(new KernelCommand.SchedulerCall(stream, call.Clone()));
        }
    }

    /// <summary>Nobody waits for the answer: what counts is that the cluster bears it.</summary>
    public void FromOperator(Protocol.V1.Master.Call call) => Feed(call.MarkAgentGone is { } gone
        ? new KernelCommand.MarkAgentGone(gone.AgentId)
        : new KernelCommand.OperatorCall(new OperatorRequestId(++_nextId), call.Clone()));

    public void FromOperator(IReadOnlyList<RolePriority> priorities, IReadOnlyList<string> without) =>
        Feed(new KernelCommand.ChangePriorities(new OperatorRequestId(++_nextId), priorities, without));

    public void Crash()
    {
        if (!IsAlive)
        {
            return;
        }

        _world.Note($"{Name} dies");
        IsAlive = false;

        // The transaction at work may have reached the store.
        if (_underWay > 0 && _world.Chance(0.5))
        {
            _cluster.Store.TryCommit(Term, _outbox.Take(_underWay).SelectMany(static round => round.Writes));
        }

        foreach (var (connection, _) in _links.Values.ToList())
        {
            connection.ServerCrashed();
        }

        foreach (var (connection, _) in _streams.Values.ToList())
        {
            connection.ServerCrashed();
        }
    }

    /// <summary>First tick; later ones follow by themselves.</summary>
    public void Run() => ArmTick();

    private static ClusterKernel NewKernel(string id, ulong seed) => new(new KernelOptions
    {
        MasterInfo = new MasterInfo { Id = id, Ip = 0, Port = 5050 },
        Seed = seed,
        AgentPingInterval = StandingWatch.PingInterval,
        MaxMissedPings = StandingWatch.MissedPings,
        AgentReregisterTimeout = StandingWatch.ReturnTime,
        FrameworkReturnTime = StandingWatch.FrameworkReturnTime,
        OfferTimeout = TimeSpan.FromSeconds(30),
        PreemptionDelay = TimeSpan.FromSeconds(3),
        PreemptionInterval = TimeSpan.FromSeconds(2),
        MaxPreemptions = MaxPreemptions,

        // Nobody else is offered the agent meanwhile, and every framework is to be offered something at the end.
        ClaimTimeout = TimeSpan.FromSeconds(12),
    });

    private void Feed(KernelCommand command)
    {
        if (!IsAlive)
        {
            return;
        }

        _effects.Clear();
        try
        {
            _watch.Before(command, _world.Now, _kernel.Snapshot);
            _standing.Before(command, _world.Now);
            _operators.Before(command);
            _kernel.Apply(command, _world.Now, _effects);
            _watch.After(_effects, _world.Now);
            _standing.After(command, _effects);
            _operators.After(_effects, _kernel.Snapshot);
            if (command is KernelCommand.Tick)
            {
                AfterTick();
            }

            if (++_commands % AuditEvery == 0)
            {
                _kernel.CheckAll();
            }
        }
        catch (KernelInvariantException broken)
        {
            throw new SimulationFailureException($"{Name} on {command.GetType().Name}: {broken.Message}");
        }

        var writes = new List<KeyValuePair<string, byte[]?>>();
        var rest = new List<KernelEffect>();
        foreach (var effect in _effects)
        {
            if (effect is KernelEffect.WriteRegistry(var key, var value))
            {
                writes.Add(new(key, value));
            }
            else
            {
                MustNotLetIn(effect);
                rest.Add(effect);
            }
        }

        if (_world.Options.Sabotage == Sabotage.EffectsBeforeWrites)
        {
            Release(rest);
            rest = [];
        }

        _outbox.Enqueue((writes, rest));
        Drain();
        if (_world.MasterFault(0.0005))
        {
            Crash();
        }

        ArmTick();
    }

    /// <summary>When it decides, not when it speaks: by then the same transaction may have marked the agent gone.</summary>
    private void MustNotLetIn(KernelEffect effect)
    {
        if (effect is KernelEffect.SendToAgent(_, { Registered: { } registered })
            && _cluster.Store.Term == Term
            && _cluster.Store.Gone.Contains(registered.AgentId))
        {
            throw new SimulationFailureException($"{Name} lets {registered.AgentId.Value} in, which was marked gone");
        }
    }

    // Offers are made by ticks only.
    private void AfterTick()
    {
        if (_effects.Exists(static effect => effect is KernelEffect.SendToScheduler { Event.Offers: not null }))
        {
            QuotaWatch.After(Name, _effects, _kernel.Snapshot());
        }

        _preemption.AfterTick(_effects, _kernel.Snapshot);
        if (_world.Now >= _nextLook)
        {
            _preemption.Look(_kernel.Snapshot());
            _nextLook = _world.Now + LookInterval;
            _standing.Look(_kernel.Snapshot(), _world.Now);
        }
    }

    private void ArmTick()
    {
        if (!IsAlive || _kernel.NextDeadline is not { } next)
        {
            return;
        }

        var generation = ++_tickGeneration;
        _world.At(next, string.Empty, () =>
        {
            if (generation == _tickGeneration)
            {
                Feed(new KernelCommand.Tick());
            }
        });
    }
}
