using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Marathon.Instances;

/// <summary>What can be done to instances: schedule, start again, kill, decommission. Kills are repeated until the task is gone.</summary>
internal sealed class InstanceActions(CoreContext context, InstanceBook book)
{
    /// <summary>
    /// Adds instances that wait for an offer. Stopped ones, which have volumes, go before new ones; one that is still
    /// ending goes on when it ended.
    /// </summary>
    public void Schedule(RunSpec app, int count)
    {
        foreach (var stopped in book.InstancesOf(app.Id)
            .Where(instance => instance is { Goal: Goal.Stopped })
            .OrderBy(instance => instance.Condition.HasTask())
            .ThenBy(instance => instance.Sequence)
            .Take(count)
            .ToList())
        {
            count--;
            var wanted = stopped with { Goal = Goal.Running };
            if (stopped.Condition.HasTask())
            {
                book.Put(wanted);
            }
            else
            {
                Reschedule(wanted, app);
            }
        }

        for (var i = 0; i < count; i++)
        {
            book.Put(new Instance
            {
                Id = InstanceId.Create(app.Id, context.NewGuid()),
                App = app.Id,
                Version = app.Version,
                Role = context.Options.LaunchRoleOf(app),
                Goal = Goal.Running,
                Condition = Condition.Scheduled,
                Since = context.Now,
                Incarnation = 1,
                Sequence = book.NextSequence(),
            });
        }
    }

    /// <summary>The task ended, or is given up: the same instance waits for an offer again, with the current definition.</summary>
    public void Reschedule(Instance instance, RunSpec app)
    {
        CancelTimers(instance);
        book.SetHealth(instance, []);
        book.Put(WithoutTask(instance) with
        {
            Version = app.Version,
            Role = instance.Reservation?.Role ?? context.Options.LaunchRoleOf(app),
            Condition = Condition.Scheduled,
            Since = context.Now,
            Incarnation = instance.Incarnation + 1,
        });
    }

    /// <summary>One with volumes that waits for its next task gets that of another configuration.</summary>
    public void Retarget(Instance waiting, RunSpec app) => book.Put(waiting with { Version = app.Version });

    /// <summary>One too many: stops and keeps its volumes, or is forgotten when it has none.</summary>
    public void Retire(Instance instance)
    {
        if (!instance.HoldsVolumes)
        {
            Decommission(instance);
        }
        else if (instance.Condition.HasTask())
        {
            RequestKill(instance with { Goal = Goal.Stopped });
        }
        else
        {
            Stopped(instance with { Goal = Goal.Stopped }, Condition.Killed);
        }
    }

    /// <summary>Its task ended and no other follows for now.</summary>
    public void Stopped(Instance instance, Condition condition)
    {
        CancelTimers(instance);
        book.SetHealth(instance, []);
        book.Put(WithoutTask(instance) with { Condition = condition, Since = context.Now });
        context.Unsettle(instance.App);
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

    /// <summary>
    /// The service is gone and all its instances go. One that cannot be reached is forgotten at once: there is no strategy
    /// any more that says how long to wait for it, and if its task comes back nobody knows it and it is killed.
    /// </summary>
    public void DecommissionAll(PathId app)
    {
        foreach (var instance in book.InstancesOf(app).ToList())
        {
            if (instance.Condition.IsUnreachable())
            {
                book.Remove(instance, instance.Condition);
                context.Unsettle(app);
            }
            else if (instance.Goal != Goal.Decommissioned)
            {
                Decommission(instance);
            }
        }
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
        foreach (var task in instance.LiveTaskIds)
        {
            SendKill(task, instance.Place?.AgentId);
        }

        context.Timers.Set(
            new TimerKey(TimerKind.KillRetry, instance.Id.Value),
            context.Now + context.Options.KillRetryTimeout);
    }

    /// <summary>A task that no instance knows must not run on.</summary>
    public void KillUnknown(string taskId, string? agentId) => SendKill(taskId, agentId);

    private void SendKill(string taskId, string? agentId)
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

    private static Instance WithoutTask(Instance instance) => instance with
    {
        KillRequested = false,

        // Where the volumes are is where the next task will be.
        Place = instance.Reservation is null ? null : instance.Place,
        HostPorts = [],
        ContainerPorts = [],
        Addresses = [],
        Containers = [],
        StagedAt = null,
        StartedAt = null,
        UnreachableSince = null,
        Healthy = null,
        Check = null,
    };

    private void RequestKill(Instance instance)
    {
        var killed = instance with { KillRequested = true };
        book.Put(killed);
        SendKill(killed);
        context.Unsettle(instance.App);
    }
}
