using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;
using Plenum.Marathon.Events;
using Plenum.Marathon.Health;
using Plenum.Marathon.Instances;
using Plenum.Marathon.Persistence;
using Plenum.Marathon.Tests.Reservations;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using TaskStatus = Plenum.Protocol.V1.TaskStatus;

namespace Plenum.Marathon.Tests.Core;

/// <summary>
/// A core with a clock, a store that is a dictionary, and a master played by the test: it sees every call and event,
/// and says what happens next.
/// </summary>
internal sealed class CoreHarness
{
    public const string Framework = "framework-1";

    private readonly int _seed;
    private int _offers;

    public CoreHarness(MarathonOptions? options = null, int seed = 42)
    {
        Options = options ?? new MarathonOptions();
        _seed = seed;
        Core = new MarathonCore(Options, seed);
        Core.Restore(new StoredState(), Now, []);
    }

    public MarathonOptions Options { get; }

    public MarathonCore Core { get; private set; }

    /// <summary>The orchestrator dies at so many more turns that write something: before the store, or before anybody hears of it.</summary>
    public int WritesUntilCrash { get; set; }

    public bool CrashesBeforeStoring { get; init; }

    public DateTimeOffset Now { get; private set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public Dictionary<string, byte[]> Store { get; } = [];

    /// <summary>Calls not looked at yet.</summary>
    public List<Call> Calls { get; } = [];

    public List<MarathonEvent> Events { get; } = [];

    public List<ProbeRequest> Probes { get; } = [];

    public MarathonSnapshot State => Core.Snapshot();

    public static CoreHarness Connected(MarathonOptions? options = null, int seed = 42)
    {
        var harness = new CoreHarness(options, seed);
        harness.Connect();
        harness.Calls.Clear();
        harness.Events.Clear();
        return harness;
    }

    public static AppDefinition App(string id = "/web", int instances = 1) => new()
    {
        Id = PathId.Parse(id),
        Cmd = "sleep 1000",
        Instances = instances,
        Cpus = 0.1,
        Mem = 16,
        PortDefinitions = [],
    };

    public void Connect() => Handle(new Event
    {
        Type = Event.Types.Type.Subscribed,
        Subscribed = new Event.Types.Subscribed
        {
            FrameworkId = new FrameworkID { Value = Framework },
            MasterInfo = new MasterInfo { Id = "m", Ip = 0, Port = 5050, Hostname = "master" },
        },
    });

    public void Disconnect()
    {
        var effects = new List<MarathonEffect>();
        Core.Disconnected(Now, effects);
        Take(effects);
    }

    /// <summary>A new core over what was stored: all that was only in memory is gone.</summary>
    public void Restart(bool connect = true)
    {
        var state = new StoredState();
        foreach (var (key, value) in Store)
        {
            state.Add(key, value);
        }

        Core = new MarathonCore(Options, _seed + Store.Count + Events.Count + 1);
        var effects = new List<MarathonEffect>();
        Core.Restore(state, Now, effects);
        Take(effects);
        if (connect)
        {
            Connect();
        }
    }

    /// <summary>Of the next updates.</summary>
    public Func<Group, DateTimeOffset, IEnumerable<MarathonEvent>>? Announcement { get; set; }

    public RootUpdateResult Update(Func<Group, Timestamp, Group> change, bool force = false, bool dryRun = false, params string[] restart)
    {
        var effects = new List<MarathonEffect>();
        var result = Core.UpdateRoot(
            new RootUpdate(PathId.Root, (root, version) => new RootChange.Accepted(change(root, version)))
            {
                Force = force,
                DryRun = dryRun,
                Restart = [.. restart.Select(PathId.Parse)],
                Announcement = Announcement,
            },
            Now,
            effects);
        Take(effects);
        return result;
    }

    public RootUpdateResult.Deployed Put(AppDefinition app, bool force = false) =>
        Update((root, version) => root.WithApp(app, version), force).ShouldBeOfType<RootUpdateResult.Deployed>();

    public RootUpdateResult Change(string id, Func<AppDefinition, AppDefinition> change, bool force = false) =>
        Update((root, version) => root.WithApp(change(root.FindApp(PathId.Parse(id))!), version), force);

    public RootUpdateResult Remove(string id, bool force = false) =>
        Update((root, version) => root.WithoutApp(PathId.Parse(id), version), force);

    public RootUpdateResult Cancel(string deployment, bool force = false)
    {
        var effects = new List<MarathonEffect>();
        var result = Core.CancelDeployment(deployment, force, Now, effects);
        Take(effects);
        return result;
    }

    public DeploymentOrderResult Order(DeploymentOrder order, string? deployment = null)
    {
        var effects = new List<MarathonEffect>();
        var result = Core.OrderDeployment(deployment ?? State.Deployments.Single().Plan.Id, order, Now, effects);
        Take(effects);
        return result;
    }

    public KillTasksResult Kill(KillTasks request)
    {
        var effects = new List<MarathonEffect>();
        var result = Core.KillTasks(request, Now, effects);
        Take(effects);
        return result;
    }

    public void Handle(params Event[] events)
    {
        var effects = new List<MarathonEffect>();
        Core.Handle(events, Now, effects);
        Take(effects);
    }

    /// <summary>The master says that an agent is gone or cannot be reached.</summary>
    public void Lose(string agent) => Handle(new Event
    {
        Type = Event.Types.Type.Failure,
        Failure = new Event.Types.Failure { AgentId = new AgentID { Value = agent } },
    });

    public Offer Offer(
        string agent = "agent-1",
        double cpus = 4,
        double mem = 4096,
        (int Begin, int End)? ports = null,
        Action<Offer>? change = null)
    {
        var (begin, end) = ports ?? (31000, 32000);
        var offer = new Offer
        {
            Id = new OfferID { Value = $"offer-{++_offers}" },
            FrameworkId = new FrameworkID { Value = Framework },
            AgentId = new AgentID { Value = agent },
            Hostname = $"{agent}.local",
            AllocationInfo = new Resource.Types.AllocationInfo { Role = "*" },
            Resources =
            {
                Scalar("cpus", cpus),
                Scalar("mem", mem),
                Scalar("disk", 10000),
                new Resource
                {
                    Name = "ports",
                    Type = Value.Types.Type.Ranges,
                    Ranges = new Value.Types.Ranges
                    {
                        Range = { new Value.Types.Range { Begin = (ulong)begin, End = (ulong)end } },
                    },
                },
            },
        };
        change?.Invoke(offer);
        return offer;
    }

    public static Resource Scalar(string name, double value) => new()
    {
        Name = name,
        Type = Value.Types.Type.Scalar,
        Scalar = new Value.Types.Scalar { Value = value },
    };

    /// <summary>Offers and returns the tasks launched on them.</summary>
    public List<TaskInfo> GiveOffers(params Offer[] offers)
    {
        var before = Calls.Count;
        Handle(new Event { Type = Event.Types.Type.Offers, Offers = new Event.Types.Offers { Offers_ = { offers } } });
        return [.. Calls.Skip(before)
            .Where(call => call.Type == Call.Types.Type.Accept)
            .SelectMany(call => call.Accept.Operations)
            .Where(operation => operation.Launch is not null)
            .SelectMany(operation => operation.Launch.TaskInfos)];
    }

    public TaskStatus Status(string taskId, TaskState state, bool? healthy = null, string agent = "agent-1")
    {
        var status = new TaskStatus
        {
            TaskId = new TaskID { Value = taskId },
            AgentId = new AgentID { Value = agent },
            State = state,
            Uuid = Google.Protobuf.ByteString.CopyFrom(Guid.NewGuid().ToByteArray()),
        };
        if (healthy is { } verdict)
        {
            status.Healthy = verdict;
        }

        return status;
    }

    public void Report(string taskId, TaskState state, bool? healthy = null, string agent = "agent-1") =>
        Report(Status(taskId, state, healthy, agent));

    public void Report(TaskStatus status) =>
        Handle(new Event { Type = Event.Types.Type.Update, Update = new Event.Types.Update { Status = status } });

    /// <summary>Offers until nothing waits, and lets every launched task run.</summary>
    public List<TaskInfo> RunAll()
    {
        var tasks = GiveOffers(Offer());
        foreach (var task in tasks)
        {
            Report(task.TaskId.Value, TaskState.TaskRunning, agent: task.AgentId.Value);
        }

        return tasks;
    }

    /// <summary>The master carries out every kill that was asked for.</summary>
    public int EndKilled()
    {
        var kills = Calls.Where(call => call.Type == Call.Types.Type.Kill).ToList();
        Calls.RemoveAll(kills.Contains);
        foreach (var kill in kills)
        {
            Report(kill.Kill.TaskId.Value, TaskState.TaskKilled);
        }

        return kills.Count;
    }

    /// <inheritdoc cref="EndKilled"/>
    public int EndKilledOn(DiskAgent agent)
    {
        foreach (var kill in CallsOf(Call.Types.Type.Kill))
        {
            agent.Ended(kill.Kill.TaskId.Value);
        }

        return EndKilled();
    }

    public void Probed(ProbeRequest probe, ProbeOutcome outcome)
    {
        var effects = new List<MarathonEffect>();
        Core.ProbeFinished(probe.Id, outcome, Now, effects);
        Take(effects);
    }

    /// <summary>Time passes; every timer on the way runs at its own moment.</summary>
    public void Pass(TimeSpan time)
    {
        var end = Now + time;
        while (Core.NextDeadline is { } due && due <= end)
        {
            Now = due > Now ? due : Now;
            Tick();
        }

        Now = end;
        Tick();
    }

    public void Pass(double seconds) => Pass(TimeSpan.FromSeconds(seconds));

    public List<Instance> Instances(string app = "/web") =>
        [.. (State.FindRuntime(PathId.Parse(app))?.Instances.Values ?? []).OrderBy(instance => instance.Sequence)];

    public List<Call> CallsOf(Call.Types.Type type) => [.. Calls.Where(call => call.Type == type)];

    public List<T> EventsOf<T>()
        where T : MarathonEvent => [.. Events.OfType<T>()];

    private void Tick()
    {
        var effects = new List<MarathonEffect>();
        Core.Tick(Now, effects);
        Take(effects);
    }

    private void Take(List<MarathonEffect> effects)
    {
        var crashes = effects.Exists(effect => effect is MarathonEffect.Write) && --WritesUntilCrash == 0;
        if (crashes && CrashesBeforeStoring)
        {
            throw new CrashedException();
        }

        foreach (var effect in effects)
        {
            switch (effect)
            {
                case MarathonEffect.Write { Value: { } value } write:
                    Store[write.Key] = value;
                    break;
                case MarathonEffect.Write write:
                    Store.Remove(write.Key);
                    break;
                case MarathonEffect.Send when crashes:
                    break;
                case MarathonEffect.Send send:
                    Calls.Add(send.Call);
                    break;
                case MarathonEffect.Publish publish:
                    Events.Add(publish.Event);
                    break;
                case MarathonEffect.Probe probe:
                    Probes.Add(probe.Request);
                    break;
            }
        }

        if (crashes)
        {
            throw new CrashedException();
        }
    }

    /// <summary>The process ended in the middle of something.</summary>
    internal sealed class CrashedException : Exception;
}
