using System.Buffers.Binary;
using Google.Protobuf;
using Plenum.Agent.Book.Checkpoints;
using Plenum.Agent.Book.Operations;
using Plenum.Agent.Book.Providers;
using Plenum.Agent.Book.Recovery;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;

namespace Plenum.Agent.Book.State;

/// <summary>
/// What all desks of the book work on: the entries, the time and effects of the command being applied,
/// and which entries it changed. Changed entries are checkpointed and queued once, when the command is
/// done, however often it touched them.
/// </summary>
internal sealed class BookState(AgentBookOptions options)
{
    private readonly List<TaskEntry> _touchedTasks = [];
    private readonly HashSet<TaskEntry> _savedTasks = [];
    private readonly List<IDeadlineEntry> _touchedEntries = [];
    private readonly HashSet<string> _deleted = [];
    private ulong _minted;

    public AgentBookOptions Options { get; } = options;

    public AgentId? Agent { get; set; }

    /// <summary>Which start of this agent it is; the master believes the registration of the highest.</summary>
    public ulong Life { get; set; }

    /// <summary>Set while an operator drains the agent.</summary>
    public AgentDrain? Drain { get; set; }

    /// <summary>What the agent was started with.</summary>
    public ResourceSet Configured { get; } = ResourceSet.FromWire(options.Info.Resources).Unallocated;

    /// <summary>Reservations and volumes made of that by operations.</summary>
    public ResourceSet Checkpointed { get; set; } = ResourceSet.Empty;

    /// <summary>Both together. The shell starts no agent whose configuration does not hold what was made of it.</summary>
    public ResourceSet Total => ResourceConversion.Restore(Configured, Checkpointed) ?? Configured + Checkpointed;

    /// <summary>By uuid, in the order in which they came.</summary>
    public OrderedDictionary<ByteString, OperationEntry> Operations { get; } = [];

    /// <summary>By id, in the order in which they came.</summary>
    public OrderedDictionary<string, ProviderEntry> Providers { get; } = [];

    public IReadOnlyList<DiskProfile> Profiles { get; set; } = options.DiskProfiles;

    public Dictionary<FrameworkId, FrameworkEntry> Frameworks { get; } = [];

    public BoundedHistory<FrameworkSnapshot> CompletedFrameworks { get; } = new(BookLimits.CompletedFrameworks);

    /// <summary>Who owns a container: the executor, and the task when it is the task's own.</summary>
    public Dictionary<ContainerId, (ExecutorEntry Executor, TaskEntry? Task)> Containers { get; } = [];

    public DeadlineQueue Deadlines { get; } = new();

    public BookCounters Counters { get; } = new();

    /// <summary>Number of the registered link, null without one.</summary>
    public long? Link { get; set; }

    public DateTimeOffset Now { get; private set; }

    /// <summary>What others are told of <see cref="Now"/> is later by this.</summary>
    public TimeSpan WallClockAhead { get; set; }

    /// <summary>The time that others are told.</summary>
    public double Timestamp => WireTime.Seconds(Now + WallClockAhead);

    public List<AgentEffect> Effects { get; private set; } = [];

    /// <summary>Counts changes, so that a snapshot is made at most once for each.</summary>
    public long Version { get; private set; }

    public void Begin(DateTimeOffset now, List<AgentEffect> effects)
    {
        Now = now;
        Effects = effects;
        Version++;
    }

    public void Emit(AgentEffect effect) => Effects.Add(effect);

    /// <summary>The task's deadlines may have moved; with <paramref name="save"/> also what is remembered of it.</summary>
    public void Touch(TaskEntry task, bool save = true)
    {
        _touchedTasks.Add(task);
        if (save)
        {
            _savedTasks.Add(task);
        }
    }

    public void Touch(IDeadlineEntry entry) => _touchedEntries.Add(entry);

    public void Save(FrameworkEntry framework)
    {
        if (framework.InfoKnown)
        {
            Write(CheckpointKeys.Framework(framework.Id), CheckpointWriter.Write(framework));
        }
    }

    public void Save(ExecutorEntry executor)
    {
        if (executor.Kind != ContainerKind.Command)
        {
            Write(CheckpointKeys.Executor(executor.Framework.Id, executor.Id), CheckpointWriter.Write(executor));
        }
    }

    public void SaveAgent() => Write(
        CheckpointKeys.Agent,
        new AgentCheckpoint
        {
            AgentId = Agent?.ToWire(),
            BootId = Options.BootId,
            Life = Life,
            Resources = { Checkpointed.ToWire() },
            Operations = { Operations.Values.Select(CheckpointWriter.Write) },
            Providers = { Providers.Values.Select(CheckpointWriter.Write) },
            Configured = Options.Info,
            Drain = Drain?.Config,
            DrainStarted = Drain?.Started,
        });

    public void Delete(string key)
    {
        _deleted.Add(key);
        Emit(new AgentEffect.WriteCheckpoint(key, Value: null));
    }

    /// <summary>Writes what the command changed. A record deleted by the same command stays deleted.</summary>
    public void Finish()
    {
        foreach (var task in _touchedTasks)
        {
            Deadlines.Refresh(task);
            if (_savedTasks.Remove(task))
            {
                var key = CheckpointKeys.Task(task.Framework.Id, task.Id);
                if (!_deleted.Contains(key))
                {
                    Write(key, CheckpointWriter.Write(task));
                }
            }
        }

        foreach (var entry in _touchedEntries)
        {
            Deadlines.Refresh(entry);
        }

        _touchedTasks.Clear();
        _savedTasks.Clear();
        _touchedEntries.Clear();
        _deleted.Clear();
    }

    /// <summary>
    /// 16 bytes never used before on this agent: the incarnation is chance of the shell, the counter makes
    /// each one differ without any chance in here.
    /// </summary>
    public byte[] Mint()
    {
        var bytes = Options.Incarnation.ToByteArray(bigEndian: true);
        var low = bytes.AsSpan(8);
        BinaryPrimitives.WriteUInt64BigEndian(low, BinaryPrimitives.ReadUInt64BigEndian(low) + ++_minted);
        return bytes;
    }

    public ContainerId MintContainer() => new(MintName());

    public string MintName() => new Guid(Mint(), bigEndian: true).ToString("D");

    private void Write(string key, IMessage message) =>
        Emit(new AgentEffect.WriteCheckpoint(key, message.ToByteArray()));
}
