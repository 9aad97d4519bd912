using Google.Protobuf;
using Plenum.Agent.Book.Checkpoints;
using Plenum.Agent.Book.Endings;
using Plenum.Agent.Book.Launching;
using Plenum.Agent.Book.Providers;
using Plenum.Agent.Book.State;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;
using Source = Plenum.Protocol.V1.TaskStatus.Types.Source;

namespace Plenum.Agent.Book.Recovery;

/// <summary>
/// Joins what was remembered with what was found running. Rules: a container that nobody owns goes; a
/// task whose container ended meanwhile ends with that container's true status; a task whose container
/// never came to be was lost on its way; a record that cannot be read costs its own task and no other.
/// </summary>
internal sealed partial class BookRecovery(Desks desks)
{
    private readonly BookState _state = desks.State;
    private readonly List<(CheckpointKind Kind, FrameworkId Framework, string Id)> _corrupt = [];
    private readonly List<(TaskEntry Task, TaskCheckpoint Record)> _tasks = [];
    private readonly List<(ExecutorEntry Executor, bool Terminating)> _executors = [];
    private readonly List<OperationCheckpoint> _operations = [];
    private readonly List<ProviderCheckpoint> _providers = [];
    private Dictionary<ContainerId, RecoveredContainer> _found = [];

    public void Recover(
        IEnumerable<KeyValuePair<string, byte[]>> checkpoints,
        IReadOnlyCollection<string> corruptKeys,
        IReadOnlyCollection<RecoveredContainer> containers)
    {
        // 1. Records, in the order in which they need each other.
        _found = containers.ToDictionary(static container => container.Container);
        _state.Counters.RecoveryErrors += corruptKeys.Count;
        foreach (var key in corruptKeys)
        {
            NoteCorrupt(key);
        }

        var frameworks = new List<FrameworkCheckpoint>();
        var executors = new List<ExecutorCheckpoint>();
        var tasks = new List<TaskCheckpoint>();
        foreach (var (key, value) in checkpoints.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            Read(key, value, frameworks, executors, tasks);
        }

        // Durable before the first registration leaves, since checkpoints come before every other effect.
        _state.Life++;

        // An unreadable agent record: its identity also stands in every task.
        _state.Agent ??= tasks.Count > 0 ? tasks[0].Task.AgentId : (AgentId?)null;
        foreach (var provider in _providers)
        {
            desks.Providers.Recover(provider);
        }

        // Before the pools are configured: what an operation under way has taken of one stays, and so does its provider.
        foreach (var operation in _operations)
        {
            desks.Operations.Recover(operation);
        }

        desks.Providers.Configure(_state.Options.StorageProviders, _state.Options.DiskProfiles);
        if (_state.Agent is null)
        {
            DestroyStrangers();
            _state.SaveAgent();
            return;
        }

        // 2. Entries.
        foreach (var record in frameworks)
        {
            var entry = new FrameworkEntry(record.Framework.Id, record.Framework) { Removed = record.Removed };
            _state.Frameworks.Add(entry.Id, entry);
        }

        foreach (var record in executors)
        {
            Restore(record);
        }

        foreach (var record in tasks)
        {
            Restore(record);
        }

        // 3. What became of them.
        foreach (var (kind, framework, id) in _corrupt)
        {
            if (kind == CheckpointKind.Task)
            {
                ReportUnreadable(framework, id);
            }
        }

        DestroyStrangers();
        foreach (var (task, record) in _tasks)
        {
            task.Phase = PhaseOf(task, record);
        }

        foreach (var (task, record) in _tasks)
        {
            Resume(task, record);
        }

        foreach (var (executor, terminating) in _executors)
        {
            Resume(executor, terminating);
        }

        desks.Drains.Resume();
        DropEmptyFrameworks();
        desks.Operations.Resume();
        _state.SaveAgent();
    }

    /// <summary>Reservations and volumes that the records tell of, for the shell's look before the start; none when unreadable.</summary>
    public static ResourceSet CheckpointedResources(IEnumerable<KeyValuePair<string, byte[]>> checkpoints) =>
        AgentRecord(checkpoints) is { } agent ? ResourceSet.FromWire(agent.Resources) : ResourceSet.Empty;

    /// <summary>
    /// What the last agent of this boot of the machine was started with; null when there was none, also when an older
    /// version wrote the record. Nothing of an earlier boot runs any more, so that its machine may have become another.
    /// </summary>
    public static AgentInfo? ConfiguredBefore(IEnumerable<KeyValuePair<string, byte[]>> checkpoints, string bootId) =>
        AgentRecord(checkpoints) is { } agent && agent.BootId == bootId ? agent.Configured : null;

    /// <summary>
    /// The disks of storage pools that the records tell of, those included that an operation under way is at: they are brought
    /// back before the book starts, and whatever else lies in their pools is half made.
    /// </summary>
    public static IReadOnlyList<PoolContents> CheckpointedPools(IEnumerable<KeyValuePair<string, byte[]>> checkpoints)
    {
        if (AgentRecord(checkpoints) is not { } agent)
        {
            return [];
        }

        var pools = new List<PoolContents>();
        foreach (var provider in agent.Providers.Where(static provider => provider.BuiltIn))
        {
            var directory = StorageProviderConfig.DirectoryOf(provider.Info);
            pools.Add(new PoolContents(
                provider.Info.Id.Value,
                directory,
                [.. provider.Resources.Select(resource => DiskOrder.Of(resource, directory)).OfType<DiskOrder>().DistinctBy(static disk => disk.Id)],
                [.. agent.Operations.Where(static operation => operation.Status.State == OperationState.OperationPending)
                    .Select(static operation => StoragePool.IdOf(operation.Uuid))]));
        }

        return pools;
    }

    private static AgentCheckpoint? AgentRecord(IEnumerable<KeyValuePair<string, byte[]>> checkpoints)
    {
        foreach (var (key, value) in checkpoints)
        {
            if (key == CheckpointKeys.Agent)
            {
                try
                {
                    return AgentCheckpoint.Parser.ParseFrom(value);
                }
                catch (InvalidProtocolBufferException)
                {
                    // Recovery puts the record into quarantine.
                    return null;
                }
            }
        }

        return null;
    }

    private void NoteCorrupt(string key)
    {
        if (CheckpointKeys.TryParse(key, out var kind, out var framework, out var id))
        {
            _corrupt.Add((kind, framework, id));
        }
    }

    private void Read(
        string key,
        byte[] value,
        List<FrameworkCheckpoint> frameworks,
        List<ExecutorCheckpoint> executors,
        List<TaskCheckpoint> tasks)
    {
        if (!CheckpointKeys.TryParse(key, out var kind, out _, out _))
        {
            // Of another version, or put there by hand: leave it to a person.
            _state.Counters.RecoveryErrors++;
            _state.Emit(new AgentEffect.QuarantineCheckpoint(key));
            return;
        }

        try
        {
            switch (kind)
            {
                case CheckpointKind.Agent:
                    var agent = AgentCheckpoint.Parser.ParseFrom(value);
                    _state.Agent = agent.AgentId is { } id ? id : (AgentId?)null;
                    _state.Life = agent.Life;
                    _state.Checkpointed = ResourceSet.FromWire(agent.Resources);
                    _state.Drain = agent.Drain is { } drain ? new AgentDrain(drain, agent.DrainStarted) : null;
                    _operations.AddRange(agent.Operations);
                    _providers.AddRange(agent.Providers);
                    break;
                case CheckpointKind.Framework:
                    frameworks.Add(FrameworkCheckpoint.Parser.ParseFrom(value));
                    break;
                case CheckpointKind.Executor:
                    executors.Add(ExecutorCheckpoint.Parser.ParseFrom(value));
                    break;
                case CheckpointKind.Task:
                    tasks.Add(TaskCheckpoint.Parser.ParseFrom(value));
                    break;
                default:
                    throw new InvalidOperationException($"The agent's book has no records of kind {kind}");
            }
        }
        catch (InvalidProtocolBufferException)
        {
            _state.Counters.RecoveryErrors++;
            _state.Emit(new AgentEffect.QuarantineCheckpoint(key));
            NoteCorrupt(key);
        }
    }

    private void Restore(ExecutorCheckpoint record)
    {
        var kind = record.Kind == ExecutorCheckpoint.Types.Kind.Pod ? ContainerKind.Pod : ContainerKind.Executor;
        var executor = desks.Launches.AddExecutor(
            FrameworkOf(record.FrameworkId),
            record.Executor,
            kind,
            new ContainerId(record.Container));
        executor.Groups = record.Groups;
        executor.Graphics = record.HasGraphics ? (int)record.Graphics : null;
        executor.DriverPid = record.HasDriverPid ? record.DriverPid : null;
        executor.EndCause = LimitationRecord.Read(record.Limitation) is { } limitation ? ExecutorEndCause.Limited(limitation) : null;
        _executors.Add((executor, record.Terminating));
    }

    private void Restore(TaskCheckpoint record)
    {
        var framework = FrameworkOf(record.FrameworkId);
        ContainerId? container = record.HasContainer ? new ContainerId(record.Container) : null;
        ExecutorEntry? executor;
        if (record.ExecutorId is null)
        {
            executor = desks.Launches.AddExecutor(
                framework,
                CommandExecutorInfo.For(framework.Info, record.Task),
                ContainerKind.Command,
                container ?? new ContainerId(""));
        }
        else if (!framework.Executors.TryGetValue(record.ExecutorId, out executor))
        {
            // Its executor's record is unreadable: without it the task cannot go on.
            executor = Placeholder(framework, record.ExecutorId.Value);
        }

        var task = desks.Launches.AddTask(executor, record.Task, container, record.Group);
        task.State = record.State;
        task.History.AddRange(record.History);
        task.Updates.Pending.AddRange(record.Pending);
        task.Updates.LastAcknowledged = record.HasLastAcknowledged ? record.LastAcknowledged : null;
        task.RunningSince = record.HasRunningSince ? WireTime.FromNanoseconds(record.RunningSince) : null;
        task.AgentGone = record.AgentGone;
        task.Drained = record.Drained;
        task.Limitation = LimitationRecord.Read(record.Limitation);
        if (record.Kill is { } kill)
        {
            task.Kill = new KillState(
                kill.Cause,
                WireTime.FromNanoseconds(kill.Deadline),
                kill.HasGrace ? WireTime.FromNanoseconds(kill.Grace) - DateTimeOffset.UnixEpoch : null);
        }

        _tasks.Add((task, record));
    }

    // Known for all tasks before the first of them is looked at closely: an end that takes the rest of
    // its group along must not touch one that ended by itself meanwhile.
    private TaskPhase PhaseOf(TaskEntry task, TaskCheckpoint record)
    {
        if (record.Ended || task.Terminal)
        {
            return TaskPhase.Ended;
        }

        if (task.Container is not { } container)
        {
            return record.Delivered ? TaskPhase.Running : TaskPhase.Waiting;
        }

        return _found.TryGetValue(container, out var found) switch
        {
            false => TaskPhase.Launching,
            true when found!.End is not null => TaskPhase.Ended,
            _ => task.RunningSince is null ? TaskPhase.Launching : TaskPhase.Running,
        };
    }

    private void ReportUnreadable(FrameworkId frameworkId, string id)
    {
        var framework = FrameworkOf(frameworkId);
        var executor = Placeholder(framework, id);
        var task = desks.Launches.AddTask(
            executor,
            new TaskInfo
            {
                Name = id,
                TaskId = new TaskID { Value = id },
                AgentId = _state.Agent!.Value.ToWire(),
            },
            container: null,
            group: 0);
        desks.Endings.End(task, new Verdict(
            TaskState.TaskFailed,
            Source.Agent,
            Reason.ExecutorTerminated,
            "The agent could not read what it had recorded of this task and put the record into quarantine"));
    }

    /// <summary>Stands for an executor of which nothing but the id is known; whatever it ran is ended.</summary>
    private static ExecutorEntry Placeholder(FrameworkEntry framework, string id)
    {
        if (framework.Executors.TryGetValue(new ExecutorId(id), out var known))
        {
            return known;
        }

        var executor = new ExecutorEntry
        {
            Framework = framework,
            Id = new ExecutorId(id),
            Info = new ExecutorInfo
            {
                ExecutorId = new ExecutorID { Value = id },
                FrameworkId = framework.Id.ToWire(),
            },
            Kind = ContainerKind.Command,
            Container = new ContainerId(""),
            Sandbox = "",
            State = ExecutorState.Terminated,
            EndCause = ExecutorEndCause.Terminated with
            {
                Message = "The agent could not read what it had recorded of this task's executor and put the record into quarantine",
            },
        };
        framework.Executors.Add(executor.Id, executor);
        return executor;
    }

    private FrameworkEntry FrameworkOf(FrameworkId id)
    {
        if (!_state.Frameworks.TryGetValue(id, out var framework))
        {
            framework = new FrameworkEntry(id, new FrameworkInfo { Id = id.ToWire(), Name = id.Value, User = "" })
            {
                InfoKnown = false,
            };
            _state.Frameworks.Add(id, framework);
        }

        return framework;
    }

    private void DestroyStrangers()
    {
        foreach (var container in _found.Keys)
        {
            if (!_state.Containers.ContainsKey(container))
            {
                _state.Emit(new AgentEffect.DestroyContainer(container));
            }
        }
    }

    private void DropEmptyFrameworks()
    {
        foreach (var framework in _state.Frameworks.Values.Where(static framework => framework.Executors.Count == 0).ToArray())
        {
            _state.Frameworks.Remove(framework.Id);
            _state.Delete(CheckpointKeys.Framework(framework.Id));
        }
    }
}
