using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Marathon.Instances;

/// <summary>What can be done to instances: schedule, start again, kill, decommission. Kills are repeated until the task is gone.</summary>
internal sealed class InstanceActions(CoreContext context, InstanceBook book)
{
    /// <summary>Adds instances that wait for an offer.</summary>
    public void Schedule(AppDefinition app, int count)
    {
        for (var i = 0; i < count; i++)
        {
            book.Put(new Instance
            {
                Id = InstanceId.Create(app.Id, context.NewGuid()),
                App = app.Id,
                Version = app.Version,
                Role = app.Role,
                Goal = Goal.Running,
                Condition = Condition.Scheduled,
                Since = context.Now,
                Incarnation = 1,
                Sequence = book.NextSequence(),
            });
        }
    }

    /// <summary>The task ended, or is given up: the same instance waits for an offer again, with the current definition.</summary>
    public void Reschedule(Instance instance, AppDefinition app)
    {
        CancelTimers(instance);
        book.SetHealth(instance, []);
        book.Put(instance with
        {
            Version = app.Version,
            Role = app.Role,
            Condition = Condition.Scheduled,
            Since = context.Now,
            Incarnation = instance.Incarnation + 1,
            KillRequested = false,
            Place = null,
            HostPorts = [],
            Addresses = [],
            StagedAt = null,
            StartedAt = null,
            UnreachableSince = null,
            Healthy = null,
            Check = null,
        });
    }

    /// <summary>The instance shall end and be forgotten. One without a task is forgotten at once.</summary>
    public void Decommission(Instance instance)
    {
        if (!instance.Condition.HasTask())
        {
            book.Remove(instance, Condition.Killed);
            context.Unsettle(instance.App);
            return;
        }

        RequestKill(instance with { Goal = Goal.Decommissioned });
    }

    /// <summary>Ends the current task; with goal Running a replacement follows.</summary>
    public void Kill(Instance instance)
    {
        if (instance.Condition.HasTask())
        {
            RequestKill(instance);
        }
    }

    public void SendKill(Instance instance)
    {
        var kill = new Call.Types.Kill { TaskId = new TaskID { Value = instance.TaskId } };
        if (instance.Place is { } place)
        {
            kill.AgentId = new AgentID { Value = place.AgentId };
        }

        context.Send(new Call { Type = Call.Types.Type.Kill, Kill = kill });
        context.Timers.Set(
            new TimerKey(TimerKind.KillRetry, instance.Id.Value),
            context.Now + context.Options.KillRetryTimeout);
    }

    /// <summary>A task that no instance knows must not run on.</summary>
    public void KillUnknown(string taskId, string? agentId)
    {
        var kill = new Call.Types.Kill { TaskId = new TaskID { Value = taskId } };
        if (agentId is not null)
        {
            kill.AgentId = new AgentID { Value = agentId };
        }

        context.Send(new Call { Type = Call.Types.Type.Kill, Kill = kill });
    }

    public void RetryKill(InstanceId id)
    {
        if (book.Find(id) is { KillRequested: true } instance && instance.Condition.HasTask())
        {
            SendKill(instance);
        }
    }

    public void CancelTimers(Instance instance)
    {
        context.Timers.Cancel(new TimerKey(TimerKind.LaunchOverdue, instance.Id.Value));
        context.Timers.Cancel(new TimerKey(TimerKind.KillRetry, instance.Id.Value));
        context.Timers.Cancel(new TimerKey(TimerKind.UnreachableInactive, instance.Id.Value));
        context.Timers.Cancel(new TimerKey(TimerKind.UnreachableExpunge, instance.Id.Value));
    }

    private void RequestKill(Instance instance)
    {
        var killed = instance with { KillRequested = true };
        book.Put(killed);
        SendKill(killed);
        context.Unsettle(instance.App);
    }
}
