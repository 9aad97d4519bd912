using Plenum.Agent.Book.Link;
using Plenum.Agent.Book.Operations;
using Plenum.Agent.Book.Recovery;
using Plenum.Agent.Book.Snapshots;
using Plenum.Agent.Book.State;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Book;

/// <summary>
/// What one agent knows and decides: its registration, frameworks, executors, tasks, updates, kills and
/// checks. A deterministic state machine without clock, chance, I/O or threads: commands and the time go
/// in, effects come out. The shell calls it from one loop; the simulator runs many of them.
/// </summary>
public sealed class AgentBook
{
    private readonly Desks _desks;
    private readonly BookState _state;
    private AgentSnapshot _snapshot = AgentSnapshot.Empty;
    private long _snapshotVersion = -1;
    private bool _started;

    public AgentBook(AgentBookOptions options)
    {
        _desks = new Desks(options);
        _state = _desks.State;
    }

    /// <summary>
    /// By how much the wall clock is ahead of the time that comes with commands, where they are far apart. Deadlines are none of
    /// its business; the times that are reported are.
    /// </summary>
    public TimeSpan WallClockAhead
    {
        set => _state.WallClockAhead = value;
    }

    /// <summary>When the book wants a <see cref="AgentCommand.Tick"/>; null when only events matter.</summary>
    public DateTimeOffset? NextDeadline => _state.Deadlines.Next();

    /// <summary>
    /// First call, once: what was remembered and what was found running, then the first registration.
    /// </summary>
    /// <param name="checkpoints">Records as <see cref="AgentEffect.WriteCheckpoint"/> left them.</param>
    /// <param name="corruptKeys">Keys of records that could not be read; the shell has put them aside.</param>
    /// <param name="containers">All containers of this agent that the runtime knows, running or ended.</param>
    public void Start(
        IEnumerable<KeyValuePair<string, byte[]>> checkpoints,
        IReadOnlyCollection<string> corruptKeys,
        IReadOnlyCollection<RecoveredContainer> containers,
        DateTimeOffset now,
        List<AgentEffect> effects)
    {
        if (_started)
        {
            throw new InvalidOperationException("An agent's book starts once");
        }

        _started = true;
        _state.Begin(now, effects);
        new BookRecovery(_desks).Recover(checkpoints, corruptKeys, containers);
        _desks.Link.Open();
        _state.Finish();
    }

    /// <summary>Takes one command. Effects are appended in the order in which they shall happen.</summary>
    public void Apply(AgentCommand command, DateTimeOffset now, List<AgentEffect> effects)
    {
        if (!_started)
        {
            throw new InvalidOperationException("The agent's book has not been started");
        }

        _state.Begin(now, effects);
        Dispatch(command);
        _desks.Providers.Settle();
        _state.Finish();
    }

    /// <summary>The book as it stands. Made at most once for each change.</summary>
    public AgentSnapshot Snapshot()
    {
        if (_snapshotVersion != _state.Version)
        {
            _snapshot = SnapshotBuilder.Build(_desks);
            _snapshotVersion = _state.Version;
        }

        return _snapshot;
    }

    private void Dispatch(AgentCommand command)
    {
        switch (command)
        {
            case AgentCommand.MasterMessageReceived message:
                if (_desks.Link.IsCurrent(message.Link))
                {
                    Dispatch(message.Message);
                }

                break;
            case AgentCommand.LinkClosed closed:
                _desks.Link.Closed(closed.Link);
                break;
            case AgentCommand.ContainerStarted started:
                _desks.Launches.ContainerStarted(started);
                break;
            case AgentCommand.ContainerLaunchFailed failed:
                _desks.Launches.ContainerLaunchFailed(failed);
                break;
            case AgentCommand.ContainerExited exited:
                _desks.Endings.ContainerExited(exited.Container, exited.End);
                break;
            case AgentCommand.ContainerLimited limited:
                _desks.Endings.ContainerLimited(limited.Container, limited.Limitation);
                break;
            case AgentCommand.VolumesChanged changed:
                _desks.Operations.VolumesChanged(changed.Operation, changed.Problem);
                break;
            case AgentCommand.StorageConfigured configured:
                _desks.Providers.Configure(configured.Providers, configured.Profiles);
                break;
            case AgentCommand.ProviderSubscribing subscribing:
                _desks.ProviderCalls.Subscribe(subscribing.Stream, subscribing.Info);
                break;
            case AgentCommand.ProviderCalling calling:
                _desks.ProviderCalls.Call(calling.Request, calling.Stream, calling.Call);
                break;
            case AgentCommand.ProviderStreamClosed closed:
                _desks.ProviderCalls.StreamClosed(closed.Stream);
                break;
            case AgentCommand.ProviderGone gone:
                _desks.ProviderCalls.Gone(gone.Request, gone.Provider);
                break;
            case AgentCommand.CheckFinished check:
                _desks.Checks.Finished(check.Run, check.Outcome);
                break;
            case AgentCommand.ExecutorSubscribing subscribing:
                _desks.ExecutorCalls.Subscribe(subscribing.Stream, subscribing.Call, subscribing.DriverPid);
                break;
            case AgentCommand.ExecutorCalling calling:
                _desks.ExecutorCalls.Call(calling.Request, calling.Call);
                break;
            case AgentCommand.ExecutorStreamClosed closed:
                _desks.ExecutorCalls.StreamClosed(closed.Stream);
                break;
            case AgentCommand.Delayed delayed:
                _desks.Kills.Delay(delayed.By);
                _desks.Executors.DelayShutdowns(delayed.By);
                break;
            case AgentCommand.Tick:
                Tick();
                break;
            default:
                throw new InvalidOperationException($"The agent's book does not know {command.GetType()}");
        }
    }

    private void Dispatch(MasterMessage message)
    {
        // Before the registration is answered the agent has no identity to run anything under.
        if (_state.Link is null
            && message.MessageCase is not (MasterMessage.MessageOneofCase.Registered
                or MasterMessage.MessageOneofCase.Outdated
                or MasterMessage.MessageOneofCase.Ping
                or MasterMessage.MessageOneofCase.Shutdown))
        {
            return;
        }

        switch (message.MessageCase)
        {
            case MasterMessage.MessageOneofCase.Registered:
                _desks.Link.Registered(message.Registered);
                break;
            case MasterMessage.MessageOneofCase.Outdated:
                _desks.Link.Outdated(message.Outdated);
                break;
            case MasterMessage.MessageOneofCase.RunTask:
                _desks.Launches.RunTask(message.RunTask);
                break;
            case MasterMessage.MessageOneofCase.RunTaskGroup:
                _desks.Launches.RunTaskGroup(message.RunTaskGroup);
                break;
            case MasterMessage.MessageOneofCase.KillTask:
                _desks.Kills.Kill(message.KillTask);
                break;
            case MasterMessage.MessageOneofCase.AcknowledgeStatus:
                _desks.Updates.Acknowledge(message.AcknowledgeStatus);
                break;
            case MasterMessage.MessageOneofCase.ShutdownExecutor:
                ShutdownExecutor(message.ShutdownExecutor);
                break;
            case MasterMessage.MessageOneofCase.ShutdownFramework:
                if (_state.Frameworks.TryGetValue(message.ShutdownFramework.FrameworkId, out var removed))
                {
                    _desks.Endings.ShutdownFramework(removed);
                }

                break;
            case MasterMessage.MessageOneofCase.UpdateFramework:
                UpdateFramework(message.UpdateFramework.Framework);
                break;
            case MasterMessage.MessageOneofCase.FrameworkMessage:
                _desks.Executors.FrameworkMessage(message.FrameworkMessage);
                break;
            case MasterMessage.MessageOneofCase.Ping:
                _desks.Link.Ping(message.Ping);
                break;
            case MasterMessage.MessageOneofCase.Shutdown:
                _desks.Link.Stop(message.Shutdown.Message);
                break;
            case MasterMessage.MessageOneofCase.ApplyOperation:
                _desks.Operations.Apply(message.ApplyOperation);
                break;
            case MasterMessage.MessageOneofCase.AcknowledgeOperation:
                _desks.Operations.Acknowledge(message.AcknowledgeOperation);
                break;
            case MasterMessage.MessageOneofCase.Drain:
                _desks.Drains.Order(message.Drain);
                break;
            case MasterMessage.MessageOneofCase.None:
                // A newer master's word. Fields are only added, so not knowing one is legal.
                break;
            default:
                throw new InvalidOperationException($"The agent's book does not know {message.MessageCase}");
        }
    }

    private void ShutdownExecutor(MasterMessage.Types.ShutdownExecutor message)
    {
        if (_state.Frameworks.TryGetValue(message.FrameworkId, out var framework)
            && framework.Executors.TryGetValue(message.ExecutorId, out var executor))
        {
            _desks.Executors.Shutdown(executor);
        }
    }

    private void UpdateFramework(FrameworkInfo info)
    {
        if (_state.Frameworks.TryGetValue(info.Id, out var framework))
        {
            framework.Info = info;
            framework.InfoKnown = true;
            _state.Save(framework);
        }
    }

    private void Tick()
    {
        while (_state.Deadlines.TakeDue(_state.Now) is { } entry)
        {
            switch (entry)
            {
                case LinkDesk link:
                    link.DeadlineReached();
                    break;
                case ExecutorEntry executor:
                    _desks.Executors.DeadlineReached(executor);
                    break;
                case OperationEntry operation:
                    _desks.Operations.DeadlineReached(operation);
                    break;
                case TaskEntry task:
                    _desks.Updates.DeadlineReached(task);
                    _desks.Kills.DeadlineReached(task);
                    _desks.Checks.DeadlineReached(task);
                    _state.Touch(task, save: false);
                    break;
                default:
                    throw new InvalidOperationException($"The agent's book does not know {entry.GetType()}");
            }

            // The next look at the queue must see where this entry went.
            _state.Deadlines.Refresh(entry);
        }
    }
}
