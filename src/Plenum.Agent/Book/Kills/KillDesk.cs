using Plenum.Agent.Book.Endings;
using Plenum.Agent.Book.State;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Cause = Plenum.Agent.Book.Checkpoints.TaskCheckpoint.Types.Kill.Types.Cause;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;
using Source = Plenum.Protocol.V1.TaskStatus.Types.Source;

namespace Plenum.Agent.Book.Kills;

/// <summary>
/// Kills: SIGTERM, the grace period, SIGKILL, and tearing the container down when even that shows no
/// effect. The policy of the call wins over the task's, that over the default (mesos.md 6.14);
/// a drain shortens each of them.
/// </summary>
internal sealed class KillDesk(Desks desks)
{
    private const int Sigkill = 9;
    private const int Sigterm = 15;

    /// <summary>Default of Mesos' own executors.</summary>
    private static readonly TimeSpan DefaultGrace = TimeSpan.FromSeconds(3);

    /// <summary>
    /// After SIGKILL an end is a matter of milliseconds; a process in uninterruptible sleep may take
    /// longer, and tearing down is harmless then.
    /// </summary>
    private static readonly TimeSpan PatienceAfterForce = TimeSpan.FromSeconds(10);

    private readonly BookState _state = desks.State;

    public void Kill(MasterMessage.Types.KillTask message)
    {
        if (_state.Frameworks.TryGetValue(message.FrameworkId, out var framework)
            && framework.Tasks.TryGetValue(message.TaskId, out var task))
        {
            if (message.AgentGone && !task.Terminal)
            {
                task.AgentGone = true;
                _state.Touch(task);
            }

            Kill(task, message.KillPolicy, Cause.Requested);
        }
    }

    public void Kill(TaskEntry task, KillPolicy? policy, Cause cause)
    {
        if (task.Phase == TaskPhase.Ended || task.Terminal)
        {
            return;
        }

        if (task.Executor.Kind == ContainerKind.Executor && task.Phase == TaskPhase.Running)
        {
            desks.Executors.Kill(task, desks.Drains.Shorter(policy ?? task.Info.KillPolicy));
            return;
        }

        var grace = GraceOf(task, policy);
        if (task.Kill is { } running)
        {
            Shorten(task, running, grace);
            return;
        }

        task.Kill = new KillState(cause, _state.Now + grace, grace);
        _state.Touch(task);
        switch (task.Phase)
        {
            case TaskPhase.Waiting:
                task.Kill.Deadline = null;
                KillBeforeDelivery(task);
                break;
            case TaskPhase.Launching:
                _state.Emit(new AgentEffect.DestroyContainer(task.Container!.Value));
                task.Kill.Step = KillStep.TornDown;
                task.Kill.Deadline = _state.Now + PatienceAfterForce;
                break;
            default:
                Ask(task, grace);
                break;
        }
    }

    /// <summary>Starts the clock of max_completion_time; 0 is no limit.</summary>
    public void ArmCompletion(TaskEntry task)
    {
        if (task.Info.MaxCompletionTime is { Nanoseconds: > 0 } limit && task.RunningSince is { } since)
        {
            // The clock may have been set back while no agent ran.
            task.CompletionDeadline = (since < _state.Now ? since : _state.Now) + WireTime.Span(limit);
            _state.Touch(task, save: false);
        }
    }

    /// <summary>A kill that was under way when the agent went down goes on: ask again, with what is left of the grace.</summary>
    public void Resume(TaskEntry task)
    {
        if (task.Kill is { } kill)
        {
            var left = (kill.Deadline ?? _state.Now) - _state.Now;
            // Never more than it could have been: the clock may have been set back while no agent ran.
            var most = kill.Grace > PatienceAfterForce ? kill.Grace.Value : PatienceAfterForce;
            left = kill.Grace is not null && left > most ? most : left;
            kill.Deadline = _state.Now + (left > TimeSpan.Zero ? left : TimeSpan.Zero);
            _state.Emit(new AgentEffect.SignalContainer(task.Container!.Value, Sigterm));
            _state.Touch(task);
        }
    }

    /// <summary>
    /// The signals of kills were held up: SIGKILL would follow SIGTERM at once. One that had left before gets more than
    /// its grace, which harms nobody.
    /// </summary>
    public void Delay(TimeSpan by)
    {
        foreach (var task in _state.Frameworks.Values.SelectMany(static framework => framework.Tasks.Values))
        {
            if (task is { Phase: not TaskPhase.Ended, Kill: { Deadline: not null } kill })
            {
                kill.Deadline += by;
                _state.Touch(task);
            }
        }
    }

    public void DeadlineReached(TaskEntry task)
    {
        if (task.CompletionDeadline <= _state.Now)
        {
            task.CompletionDeadline = null;
            if (task.Kill is null)
            {
                task.Kill = new KillState(Cause.CompletionTime, _state.Now);
            }

            Force(task, task.Kill);
        }
        else if (task.Kill is { Deadline: { } deadline } kill && deadline <= _state.Now)
        {
            Force(task, kill);
        }
    }

    private void Ask(TaskEntry task, TimeSpan grace)
    {
        if (task.Framework.WantsKilling && !task.Framework.Removed)
        {
            desks.Updates.Report(task, TaskState.TaskKilling, Source.Executor);
        }

        if (grace == TimeSpan.Zero)
        {
            Force(task, task.Kill!);
        }
        else
        {
            _state.Emit(new AgentEffect.SignalContainer(task.Container!.Value, Sigterm));
        }
    }

    private void Force(TaskEntry task, KillState kill)
    {
        if (kill.Step == KillStep.Asked)
        {
            kill.Step = KillStep.Forced;
            _state.Emit(new AgentEffect.SignalContainer(task.Container!.Value, Sigkill));
        }
        else
        {
            kill.Step = KillStep.TornDown;
            _state.Emit(new AgentEffect.DestroyContainer(task.Container!.Value));
        }

        kill.Deadline = _state.Now + PatienceAfterForce;
        _state.Touch(task);
    }

    // A second kill may shorten the grace, never lengthen it (mesos.md 4.6); Mesos' default executor
    // ignores it altogether, which left stuck tasks that nothing could end (MESOS-8679).
    private void Shorten(TaskEntry task, KillState kill, TimeSpan grace)
    {
        var deadline = _state.Now + grace;
        if (kill.Step == KillStep.Asked && deadline < kill.Deadline)
        {
            kill.Deadline = deadline;
            _state.Touch(task);
            if (grace == TimeSpan.Zero)
            {
                Force(task, kill);
            }
        }
    }

    // Group delivery is all or nothing: killing one task that was not delivered yet keeps its whole
    // group from starting (mesos.md 4.1).
    private void KillBeforeDelivery(TaskEntry task)
    {
        var group = task.Group == 0
            ? [task]
            : task.Executor.Tasks.Values
                .Where(other => other.Group == task.Group && other.Phase == TaskPhase.Waiting)
                .ToArray();
        foreach (var member in group)
        {
            if (member.Phase == TaskPhase.Waiting)
            {
                desks.Endings.End(member, new Verdict(
                    TaskState.TaskKilled,
                    Source.Agent,
                    Reason.TaskKilledDuringLaunch,
                    "The task was killed before it was given to its executor"));
            }
        }
    }

    private TimeSpan GraceOf(TaskEntry task, KillPolicy? policy)
    {
        var grace = (policy?.GracePeriod ?? task.Info.KillPolicy?.GracePeriod) is { } asked ? WireTime.Span(asked) : DefaultGrace;
        return desks.Drains.LongestGrace is { } longest && longest < grace ? longest : grace;
    }
}
