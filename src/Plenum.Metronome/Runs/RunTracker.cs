using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;
using Plenum.Metronome.Core;
using Plenum.Scheduling;
using TaskStatus = Plenum.Protocol.V1.TaskStatus;

namespace Plenum.Metronome.Runs;

/// <summary>
/// Carries task statuses into the book. An update is acknowledged in the same breath in which its consequences are
/// written, so that the shell lets the acknowledgement out only when they are durable.
/// </summary>
internal sealed class RunTracker(CoreContext context, JobBook book, RunActions actions)
{
    // Marathon's cut for status messages; the rest of a stack trace is in the sandbox.
    private const int MaxMessageLength = 10_000;

    public void Update(TaskStatus status)
    {
        var condition = ConditionRules.FromStatus(status);
        var run = book.FindByTask(status.TaskId.Value);
        if (run?.Live is not { } task || task.Id != status.TaskId.Value)
        {
            // Nobody's task, or one that was given up: it must not run on beside what came after it.
            if (!condition.IsTerminal() && !condition.IsUnreachable())
            {
                context.SendKill(status.TaskId.Value, status.AgentId?.Value);
            }
        }
        else if (condition.IsTerminal())
        {
            Ended(run, task, condition, status);
        }
        else if (condition.IsUnreachable())
        {
            Unreachable(run, task);
        }
        else
        {
            Alive(run, task, condition);
        }

        context.Send(SchedulerCalls.Acknowledge(status));
    }

    /// <summary>An agent did not come back: its task counts as lost, and is killed should it show up after all.</summary>
    public void UnreachableOver(RunKey key)
    {
        if (book.FindActive(key) is { Live: { UnreachableSince: not null } task } run)
        {
            var lost = With(run, task with
            {
                Condition = Condition.Gone,
                CompletedAt = context.Wall,
                Message = $"its agent could not be reached for {context.Options.UnreachableTimeout.TotalSeconds:0} s",
            });
            actions.TaskFailed(lost, $"task {task.Id} was lost: its agent {task.Host} could not be reached");
        }
    }

    /// <summary>Nobody said a word about a launch: the master is asked.</summary>
    public void LaunchOverdue(RunKey key)
    {
        if (book.FindActive(key) is { Live: { WasHeardOf: false } task })
        {
            context.Send(SchedulerCalls.Reconcile(Question(task)));
            context.Timers.Set(new RunTimer(RunTimerKind.LaunchOverdue, key), context.Now + context.Options.TaskLaunchConfirmTimeout);
        }
    }

    public static (Protocol.V1.TaskID Task, Protocol.V1.AgentID? Agent) Question(RunTask task) =>
        (new Protocol.V1.TaskID { Value = task.Id }, new Protocol.V1.AgentID { Value = task.AgentId });

    private void Alive(JobRun run, RunTask task, Condition condition)
    {
        context.Timers.Cancel(new RunTimer(RunTimerKind.LaunchOverdue, run.Key));
        context.Timers.Cancel(new RunTimer(RunTimerKind.UnreachableOver, run.Key));
        context.Timers.Cancel(new RunTimer(RunTimerKind.StartingDeadline, run.Key));

        // A state that comes late, after a later one, says nothing new; but one that was unreachable is what it says now.
        var newest = task.UnreachableSince is null && task.Condition > condition ? task.Condition : condition;
        var known = task with { Condition = newest, WasHeardOf = true, UnreachableSince = null };
        if (known != task || run.Status != RunStatus.Active)
        {
            actions.Update(With(run, known) with { Status = RunStatus.Active, WasActive = true });
        }
    }

    private void Unreachable(JobRun run, RunTask task)
    {
        if (task.UnreachableSince is null)
        {
            actions.Update(With(run, task with
            {
                Condition = Condition.Unreachable, WasHeardOf = true, UnreachableSince = context.Wall,
            }));
            actions.ArmUnreachable(run, context.Wall);
        }
    }

    private void Ended(JobRun run, RunTask task, Condition condition, TaskStatus status)
    {
        var message = status.HasMessage ? status.Message : null;
        var ended = With(run, task with
        {
            Condition = condition,
            CompletedAt = context.Wall,
            UnreachableSince = null,
            Message = message is { Length: > MaxMessageLength } ? message[..MaxMessageLength] : message,
        });
        if (condition == Condition.Finished)
        {
            actions.Succeed(ended);
        }
        else if (!task.WasHeardOf && condition is (Condition.Dropped or Condition.Gone or Condition.Unknown))
        {
            // An agent repeats the end of a task until it is acknowledged: one of which no word ever came, and which
            // nobody knows, never was.
            actions.LaunchLost(ended);
        }
        else
        {
            var name = TaskStateNames.Of(condition.ToTaskState());
            actions.TaskFailed(ended, message is null ? $"{name} on {task.Host}" : $"{name} on {task.Host}: {Cut(message)}");
        }
    }

    private static string Cut(string message) => message.Length <= MaxMessageLength ? message : message[..MaxMessageLength];

    private static JobRun With(JobRun run, RunTask task) => run with
    {
        Tasks = run.Tasks.AsEnumerable().Select(other => other.Id == task.Id ? task : other).ToValueList(),
    };
}
