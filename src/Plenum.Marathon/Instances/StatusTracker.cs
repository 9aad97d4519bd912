using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Events;
using Plenum.Marathon.Groups;
using Plenum.Marathon.Health;
using Plenum.Marathon.LaunchQueue;
using Plenum.Protocol.V1.Scheduler;
using TaskState = Plenum.Protocol.V1.TaskState;
using TaskStatus = Plenum.Protocol.V1.TaskStatus;

namespace Plenum.Marathon.Instances;

/// <summary>
/// Carries task statuses into the book. An update is acknowledged in the same breath in which its consequences are
/// written, so that the shell lets the acknowledgement out only when they are durable.
/// </summary>
internal sealed class StatusTracker(
    CoreContext context,
    RootBook roots,
    InstanceBook book,
    InstanceActions actions,
    HealthBook health,
    BackoffBook backoffs)
{
    // Marathon's cut for status messages; the rest of a stack trace is in the sandbox.
    private const int MaxMessageLength = 10_000;

    public void Update(TaskStatus status)
    {
        var condition = ConditionRules.FromStatus(status);
        if (!InstanceId.TryParseTask(status.TaskId.Value, out var id, out var container, out var incarnation)
            || book.Find(id) is not { } instance
            || instance.Incarnation != incarnation
            || !instance.Condition.HasTask())
        {
            UpdateUnknown(id, condition, status);
        }
        else if (container is not null)
        {
            UpdateContainer(instance, container, condition, status);
        }
        else if (instance.Containers.IsEmpty)
        {
            Update(instance, condition, status, IsNews(instance, condition), condition);
        }

        Acknowledge(status);
    }

    /// <summary>A launch that nobody confirmed, or that does not get to running.</summary>
    public void LaunchOverdue(InstanceId id)
    {
        if (book.Find(id) is { Condition: Condition.Provisioned or Condition.Staging or Condition.Starting } instance)
        {
            actions.Kill(instance);
        }
    }

    public void UnreachableInactive(InstanceId id)
    {
        if (book.Find(id) is { Condition: Condition.Unreachable } instance)
        {
            book.Put(instance with { Condition = Condition.UnreachableInactive, Since = context.Now });
            context.Unsettle(instance.App);
        }
    }

    /// <summary>
    /// The task is forgotten. Where its place was not taken by a replacement yet, the instance itself starts again;
    /// if the task comes back, nobody knows it and it is killed.
    /// </summary>
    public void UnreachableExpunge(InstanceId id)
    {
        if (book.Find(id) is not { } instance || !instance.Condition.IsUnreachable())
        {
            return;
        }

        var app = roots.FindFor(instance);
        var others = book.InstancesOf(instance.App).Count(other => other.IsCandidate && other.Id != id);
        if (app is not null && instance.Goal == Goal.Running && others < app.Instances && instance.IsCurrent(app))
        {
            actions.Reschedule(instance, app);
        }
        else
        {
            book.Remove(instance, Condition.UnreachableInactive);
        }

        context.Unsettle(instance.App);
    }

    /// <summary>Unreachable timers of a restored instance count from when it was lost, not from the restart.</summary>
    public void ArmUnreachable(Instance instance)
    {
        if (instance.UnreachableSince is not { } since
            || roots.Find(instance.App, instance.Version) is not { UnreachableStrategy: { IsDisabled: false } strategy })
        {
            return;
        }

        if (instance.Condition == Condition.Unreachable)
        {
            context.Timers.Set(
                new TimerKey(TimerKind.UnreachableInactive, instance.Id.Value),
                since + TimeSpan.FromSeconds(strategy.InactiveAfterSeconds));
        }

        context.Timers.Set(
            new TimerKey(TimerKind.UnreachableExpunge, instance.Id.Value),
            since + TimeSpan.FromSeconds(strategy.ExpungeAfterSeconds));
    }

    public void ArmLaunch(Instance instance)
    {
        if (instance.Condition is Condition.Provisioned or Condition.Staging or Condition.Starting)
        {
            var limit = instance.Condition == Condition.Provisioned
                ? context.Options.TaskLaunchConfirmTimeout
                : context.Options.TaskLaunchTimeout;
            context.Timers.Set(new TimerKey(TimerKind.LaunchOverdue, instance.Id.Value), instance.Since + limit);
        }
    }

    /// <summary>One task of several. A repetition of how it ended says nothing.</summary>
    private void UpdateContainer(Instance instance, string name, Condition condition, TaskStatus status)
    {
        if (PodTasks.Take(instance, name, condition, status, Cut(status.Message), context.Now) is not { } containers)
        {
            return;
        }

        var before = instance.Containers.First(container => container.Name == name).Condition;
        var next = instance with { Containers = containers };
        Update(next, PodTasks.ConditionOf(containers), status, before != condition, condition);
        if (book.Find(instance.Id) is { KillRequested: false, Containers.IsEmpty: false } current
            && current.Incarnation == instance.Incarnation
            && PodTasks.HasBrokenOff(current.Containers))
        {
            // The agent ends the rest of the group by itself; this makes sure of it, whatever becomes of the agent.
            actions.Kill(current);
        }
    }

    // An answer to a question (no uuid) about what is known already says nothing new, but it may bring the health of a
    // task after a restart.
    private static bool IsNews(Instance instance, Condition condition) =>
        instance.Condition != condition
        && !(instance.Condition == Condition.UnreachableInactive && condition == Condition.Unreachable);

    /// <param name="instance">With what the status says about its tasks, and the condition it had before.</param>
    /// <param name="condition">The condition that all its tasks together make.</param>
    /// <param name="status">The status of one of them.</param>
    /// <param name="taskChanged">Whether that task's own condition changed.</param>
    /// <param name="taskCondition">The task's own condition: the instance's for an app.</param>
    private void Update(Instance instance, Condition condition, TaskStatus status, bool taskChanged, Condition taskCondition)
    {
        var changed = IsNews(instance, condition);
        if (taskChanged)
        {
            PublishStatus(instance, status);
            NoteFailure(instance, taskCondition, status);
        }

        switch (condition)
        {
            case Condition.Unreachable:
                if (changed)
                {
                    BecameUnreachable(instance, status);
                }
                else
                {
                    book.Put(instance);
                }

                break;
            case Condition.Unknown:
                // The master has not heard of the agent: the task cannot be told apart from one that never was.
                Ended(instance, condition, status);
                break;
            default:
                if (condition.IsTerminal())
                {
                    Ended(instance, condition, status);
                }
                else
                {
                    Progressed(instance, condition, status, changed);
                }

                break;
        }

        if (IsInteresting(instance, condition, changed))
        {
            context.Unsettle(instance.App);
        }
    }

    private static bool IsInteresting(Instance before, Condition condition, bool changed) =>
        changed && (condition is Condition.Running || condition.IsTerminal()
            || before.Condition.IsUnreachable());

    private void Progressed(Instance instance, Condition condition, TaskStatus status, bool changed)
    {
        var next = instance with
        {
            Condition = condition,
            Since = changed ? context.Now : instance.Since,
            StagedAt = instance.StagedAt ?? context.Now,
            StartedAt = condition == Condition.Running ? instance.StartedAt ?? context.Now : instance.StartedAt,
            UnreachableSince = null,
            Addresses = StatusContent.AddressesOf(status) ?? instance.Addresses,
            Check = StatusContent.CheckOf(status) ?? instance.Check,
        };
        if (changed)
        {
            context.Timers.Cancel(new TimerKey(TimerKind.UnreachableInactive, instance.Id.Value));
            context.Timers.Cancel(new TimerKey(TimerKind.UnreachableExpunge, instance.Id.Value));
        }

        book.Put(next);
        if (next.KillRequested && instance.Condition.IsUnreachable())
        {
            // Nobody repeated the kill while there was nobody to hear it.
            actions.SendKill(next);
        }

        if (changed && condition is Condition.Staging or Condition.Starting)
        {
            ArmLaunch(next);
        }

        if (changed && condition != Condition.Killing && roots.FindFor(instance) is { } app)
        {
            backoffs.Progressed(app);
        }

        if (changed && condition == Condition.Running)
        {
            context.Timers.Cancel(new TimerKey(TimerKind.LaunchOverdue, instance.Id.Value));
            health.Started(next);
        }

        // A health update repeats the state; the agent sends one for every change of its verdict.
        if (status is { HasHealthy: true, State: TaskState.TaskRunning }
            && InstanceId.TryParseTask(status.TaskId.Value, out _, out var container, out _))
        {
            health.Reported(next, container, status.Healthy, status.Message);
        }
    }

    private void Ended(Instance instance, Condition condition, TaskStatus status)
    {
        actions.CancelTimers(instance);
        var app = roots.FindFor(instance);
        if (status.State == TaskState.TaskGoneByOperator)
        {
            // Somebody vouches that the machine and all that was on it are gone: the instance begins elsewhere.
            instance = instance with { Reservation = null };
        }

        if (app is not null && instance is { Goal: Goal.Stopped, HoldsVolumes: true })
        {
            actions.Stopped(instance, condition);
            return;
        }

        if (app is null || instance.Goal != Goal.Running)
        {
            book.Remove(instance, condition);
            context.Unsettle(instance.App);
            return;
        }

        if (StatusContent.IsDraining(status))
        {
            // The machine's maintenance is not the service's fault: it starts elsewhere at once.
            backoffs.Reset(app);
        }
        else if (condition.CountsForBackoff() && instance.IsCurrent(app))
        {
            // What an older configuration does is no reason to hold back the current one.
            backoffs.Failed(app);
        }

        // An instance of an older configuration is not started again: the deployment, or the count keeper, starts
        // one of the current configuration in its place. One with volumes goes on with them in the current one.
        if (instance.IsCurrent(app) || instance.HoldsVolumes)
        {
            context.Publish(new MarathonEvent.InstanceChanged(
                context.Now, instance.Id, condition, instance.App,
                instance.Place?.AgentId, instance.Place?.Host, instance.Version));
            actions.Reschedule(instance, app);
        }
        else
        {
            book.Remove(instance, condition);
        }

        context.Unsettle(instance.App);
    }

    private void NoteFailure(Instance instance, Condition condition, TaskStatus status)
    {
        if (CountsAsFailure(condition) && !(condition == Condition.Unknown && instance.KillRequested))
        {
            book.SetFailure(new TaskFailure(
                instance.App,
                status.TaskId.Value,
                TaskStateNames.Of(status.State),
                Cut(status.Message),
                instance.Place?.Host ?? "",
                context.Now,
                instance.Version,
                instance.Place?.AgentId)
            {
                StartedAt = instance.StartedAt ?? instance.StagedAt,
            });
        }
    }

    private void BecameUnreachable(Instance instance, TaskStatus status)
    {
        var since = status.UnreachableTime is { } lost
            ? DateTimeOffset.UnixEpoch + TimeSpan.FromTicks(lost.Nanoseconds / 100)
            : context.Now;
        actions.CancelTimers(instance);

        // The lost time of the master may be later than this clock; a timer in the past fires at once.
        var next = instance with { Condition = Condition.Unreachable, Since = context.Now, UnreachableSince = since };
        book.Put(next);
        ArmUnreachable(next);
        if (roots.Find(instance.App) is null)
        {
            // No strategy is left to say how long to wait: its end settles it.
            context.Unsettle(instance.App);
        }
    }

    private void UpdateUnknown(InstanceId id, Condition condition, TaskStatus status)
    {
        var taskId = status.TaskId.Value;
        if (condition.IsTerminal())
        {
            if (book.Find(id) is null && InstanceId.TryParse(id.Value, out var safePath)
                && PathId.TryParse("/" + safePath.Replace('_', '/'), out var app))
            {
                context.Publish(new MarathonEvent.UnknownInstanceTerminated(context.Now, id, app, condition));
            }

            return;
        }

        // An unreachable one cannot be killed now; when its agent is back it reports again.
        if (condition is not (Condition.Unreachable or Condition.Killing))
        {
            actions.KillUnknown(taskId, status.AgentId?.Value);
        }
    }

    private void Acknowledge(TaskStatus status)
    {
        if (!status.HasUuid || status.AgentId is null)
        {
            return;
        }

        context.Send(new Call
        {
            Type = Call.Types.Type.Acknowledge,
            Acknowledge = new Call.Types.Acknowledge
            {
                AgentId = status.AgentId,
                TaskId = status.TaskId,
                Uuid = status.Uuid,
            },
        });
    }

    private void PublishStatus(Instance instance, TaskStatus status) =>
        context.Publish(new MarathonEvent.StatusUpdate(
            context.Now,
            instance.Place?.AgentId ?? status.AgentId?.Value ?? "",
            status.TaskId.Value,
            TaskStateNames.Of(status.State),
            Cut(status.Message),
            instance.App,
            instance.Place?.Host ?? "",
            StatusContent.AddressesOf(status) ?? instance.Addresses,
            instance.HostPorts,
            instance.Version));

    private static bool CountsAsFailure(Condition condition) =>
        condition is Condition.Failed or Condition.Error or Condition.Dropped or Condition.Gone or Condition.Unknown;

    private static string Cut(string message) => message.Length <= MaxMessageLength ? message : message[..MaxMessageLength];
}
