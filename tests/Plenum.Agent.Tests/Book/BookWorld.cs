using Plenum.Agent.Book;
using Plenum.Agent.Book.Providers;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using ExecutorCall = Plenum.Protocol.V1.Executor.Call;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;

namespace Plenum.Agent.Tests.Book;

/// <summary>
/// A book with its disk, its clock and a master's ear: applies commands, keeps the checkpoints that come
/// out, and can crash and start again on them.
/// </summary>
internal sealed class BookWorld
{
    public const string Agent = "master-S0";
    public const string Framework = "fw";

    private readonly List<AgentEffect> _effects = [];
    private AgentBook? _made;
    private int _lives;

    public BookWorld(DateTimeOffset? start = null)
    {
        Now = start ?? new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    }

    public DateTimeOffset Now { get; private set; }

    public Dictionary<string, byte[]> Disk { get; } = new(StringComparer.Ordinal);

    public List<string> Quarantined { get; } = [];

    /// <summary>Effects of the last call.</summary>
    public IReadOnlyList<AgentEffect> Effects => _effects;

    public long Link { get; private set; }

    // Made late: what it is started with can be set before.
    public AgentBook Book => _made ??= NewBook();

    public AgentSnapshot Snapshot => Book.Snapshot();

    public static BookWorld Registered(params FrameworkInfo.Types.Capability.Types.Type[] capabilities)
    {
        var world = new BookWorld { Info = Frameworks(capabilities) };
        world.Start();
        world.Register();
        return world;
    }

    public FrameworkInfo Info { get; set; } = Frameworks();

    /// <summary>As the agent is started with them, this time and the next.</summary>
    public IReadOnlyList<StorageProviderConfig> Pools { get; set; } = [];

    public IReadOnlyList<DiskProfile> Profiles { get; set; } = [];

    public static FrameworkInfo Frameworks(params FrameworkInfo.Types.Capability.Types.Type[] capabilities) => new()
    {
        Id = new FrameworkID { Value = Framework },
        Name = "test",
        User = "root",
        Capabilities = { capabilities.Select(static type => new FrameworkInfo.Types.Capability { Type = type }) },
    };

    public static TaskInfo Task(string id, Action<TaskInfo>? more = null)
    {
        var task = new TaskInfo
        {
            Name = id,
            TaskId = new TaskID { Value = id },
            AgentId = new AgentID { Value = Agent },
            Command = new CommandInfo { Value = "sleep 1000" },
        };
        more?.Invoke(task);
        return task;
    }

    public static ExecutorInfo Pod(string id = "pod") => new()
    {
        Type = ExecutorInfo.Types.Type.Default,
        ExecutorId = new ExecutorID { Value = id },
    };

    public static ExecutorInfo Custom(string id = "custom") => new()
    {
        Type = ExecutorInfo.Types.Type.Custom,
        ExecutorId = new ExecutorID { Value = id },
        Command = new CommandInfo { Value = "./executor" },
    };

    public void Start(IReadOnlyCollection<string>? corrupt = null, params RecoveredContainer[] containers)
    {
        _effects.Clear();
        Book.Start(Disk.ToArray(), corrupt ?? [], containers, Now, _effects);
        Settle();
    }

    /// <summary>The process dies and another one starts on the same disk.</summary>
    public void Restart(IReadOnlyCollection<string>? corrupt = null, params RecoveredContainer[] containers)
    {
        _made = NewBook();
        foreach (var key in corrupt ?? [])
        {
            Disk.Remove(key);
        }

        Start(corrupt, containers);
    }

    public void Register(string agent = Agent) => Master(new MasterMessage
    {
        Registered = new MasterMessage.Types.Registered
        {
            AgentId = new AgentID { Value = agent },
            PingTimeout = new DurationInfo { Nanoseconds = 75_000_000_000 },
        },
    });

    public void Master(MasterMessage message) => Apply(new AgentCommand.MasterMessageReceived(Link, message));

    public void Apply(AgentCommand command)
    {
        _effects.Clear();
        Book.Apply(command, Now, _effects);
        Settle();
    }

    /// <summary>Somebody sets the machine's clock; nothing happens by that.</summary>
    public void SetClock(TimeSpan by) => Now += by;

    /// <summary>Moves the clock by steps from deadline to deadline, ticking at each, and gathers all effects.</summary>
    public void Pass(TimeSpan time)
    {
        var end = Now + time;
        var all = new List<AgentEffect>();
        while (Book.NextDeadline is { } at && at <= end)
        {
            Now = at > Now ? at : Now;
            Apply(new AgentCommand.Tick());
            all.AddRange(_effects);
        }

        Now = end;
        _effects.Clear();
        _effects.AddRange(all);
    }

    public ContainerLaunch Run(TaskInfo task)
    {
        Master(new MasterMessage { RunTask = new MasterMessage.Types.RunTask { Framework = Info, Task = task } });
        return Launches().Single();
    }

    /// <summary>Runs the task and reports its container as started.</summary>
    public ContainerLaunch RunUp(TaskInfo task)
    {
        var launch = Run(task);
        Started(launch.Container);
        return launch;
    }

    /// <summary>Runs the task by the custom executor.</summary>
    public void RunCustom(TaskInfo task)
    {
        task.Command = null;
        task.Executor = Custom();
        Run(task);
    }

    /// <summary>The custom executor asks for its events; it has these tasks that nobody acknowledged.</summary>
    public void Subscribe(long stream, params TaskInfo[] unacknowledged) => Apply(new AgentCommand.ExecutorSubscribing(stream, new ExecutorCall
    {
        Type = ExecutorCall.Types.Type.Subscribe,
        FrameworkId = Info.Id,
        ExecutorId = Custom().ExecutorId,
        Subscribe = new ExecutorCall.Types.Subscribe { UnacknowledgedTasks = { unacknowledged } },
    }));

    public void RunGroup(ExecutorInfo executor, params TaskInfo[] tasks) => Master(new MasterMessage
    {
        RunTaskGroup = new MasterMessage.Types.RunTaskGroup
        {
            Framework = Info,
            Executor = executor,
            TaskGroup = new TaskGroupInfo { Tasks = { tasks } },
        },
    });

    public void Kill(string task, TimeSpan? grace = null) => Master(new MasterMessage
    {
        KillTask = new MasterMessage.Types.KillTask
        {
            FrameworkId = Info.Id,
            TaskId = new TaskID { Value = task },
            KillPolicy = grace is { } span
                ? new KillPolicy { GracePeriod = new DurationInfo { Nanoseconds = span.Ticks * 100 } }
                : null,
        },
    });

    public void Acknowledge(TaskStatus status) => Master(new MasterMessage
    {
        AcknowledgeStatus = new MasterMessage.Types.AcknowledgeStatus
        {
            FrameworkId = Info.Id,
            TaskId = status.TaskId,
            Uuid = status.Uuid,
        },
    });

    /// <summary>Acknowledges whatever is sent until nothing more comes; answers all updates in order.</summary>
    public List<TaskStatus> AcknowledgeAll()
    {
        var seen = new List<TaskStatus>();
        for (var pending = Updates(); pending.Count > 0; pending = Updates())
        {
            var next = new List<AgentEffect>();
            foreach (var update in pending)
            {
                seen.Add(update);
                Acknowledge(update);
                next.AddRange(_effects);
            }

            _effects.Clear();
            _effects.AddRange(next);
        }

        return seen;
    }

    public void Started(ContainerId container, int pid = 42) =>
        Apply(new AgentCommand.ContainerStarted(container, pid, []));

    public void Exited(ContainerId container, int status, bool outOfMemory = false) =>
        Apply(new AgentCommand.ContainerExited(container, new ContainerEnd(status, outOfMemory)));

    public List<ContainerLaunch> Launches() =>
        [.. _effects.OfType<AgentEffect.LaunchContainer>().Select(static effect => effect.Launch)];

    public List<TaskStatus> Updates() => [.. Sent()
        .Where(static message => message.MessageCase == AgentMessage.MessageOneofCase.StatusUpdate)
        .Select(static message => message.StatusUpdate.Status)];

    public List<AgentMessage> Sent() =>
        [.. _effects.OfType<AgentEffect.SendToMaster>().Select(static effect => effect.Message)];

    public List<(ContainerId Container, int Signal)> Signals() =>
        [.. _effects.OfType<AgentEffect.SignalContainer>().Select(static effect => (effect.Container, effect.Signal))];

    public List<ContainerId> Destroyed() =>
        [.. _effects.OfType<AgentEffect.DestroyContainer>().Select(static effect => effect.Container)];

    public AgentMessage.Types.Register Registration() =>
        _effects.OfType<AgentEffect.OpenLink>().Single().Message;

    public void ShouldReport(TaskState state, Reason? reason = null)
    {
        var update = Updates().ShouldHaveSingleItem();
        update.State.ShouldBe(state);
        (update.HasReason ? update.Reason : (Reason?)null).ShouldBe(reason);
    }

    private AgentBook NewBook() => new(new AgentBookOptions
    {
        Info = new AgentInfo { Hostname = "localhost", Resources = { ResourceSet.Parse("cpus:4;mem:4096;disk:1000").ToWire() } },
        Version = "1.11.0",
        Address = new Address { Hostname = "localhost", Port = 5051 },
        BootId = "boot",
        Incarnation = new Guid(++_lives, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
        StorageProviders = Pools,
        DiskProfiles = Profiles,
    });

    private void Settle()
    {
        foreach (var effect in _effects)
        {
            switch (effect)
            {
                case AgentEffect.QuarantineCheckpoint quarantine:
                    Disk.Remove(quarantine.Key);
                    Quarantined.Add(quarantine.Key);
                    break;
                case AgentEffect.WriteCheckpoint { Value: { } value } write:
                    Disk[write.Key] = value;
                    break;
                case AgentEffect.WriteCheckpoint write:
                    Disk.Remove(write.Key);
                    break;
                case AgentEffect.OpenLink open:
                    Link = open.Link;
                    break;
            }
        }
    }
}
