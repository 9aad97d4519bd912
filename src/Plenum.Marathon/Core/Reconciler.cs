using Plenum.Marathon.Instances;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Marathon.Core;

/// <summary>
/// Closes the gap between what is believed of tasks and what the cluster knows. Asked at once when a subscription
/// opens, again a little later when agents had time to return to a new master, and then now and then.
/// </summary>
internal sealed class Reconciler(CoreContext context, InstanceBook book, InstanceActions actions)
{
    private static readonly TimerKey Timer = new(TimerKind.Reconcile, "");

    public void Start()
    {
        // Kills that were asked for while nobody listened, or whose call was lost with the connection.
        foreach (var instance in WithTask().Where(instance => instance.KillRequested))
        {
            actions.SendKill(instance);
        }

        Ask();
        context.Timers.Set(Timer, context.Now + context.Options.ReconciliationInitialDelay);
    }

    public void Stop() => context.Timers.Cancel(Timer);

    public void Run()
    {
        if (!context.IsConnected)
        {
            return;
        }

        Ask();
        context.Timers.Set(Timer, context.Now + context.Options.ReconciliationInterval);
    }

    /// <summary>First what became of the tasks that are known (explicit), then which others there are (implicit).</summary>
    private void Ask()
    {
        var known = new Call.Types.Reconcile();
        foreach (var instance in WithTask())
        {
            foreach (var id in instance.LiveTaskIds)
            {
                var task = new Call.Types.Reconcile.Types.Task { TaskId = new TaskID { Value = id } };
                if (instance.Place is { } place)
                {
                    task.AgentId = new AgentID { Value = place.AgentId };
                }

                known.Tasks.Add(task);
            }
        }

        // An empty list would already be the implicit question.
        if (known.Tasks.Count > 0)
        {
            context.Send(new Call { Type = Call.Types.Type.Reconcile, Reconcile = known });
        }

        context.Send(new Call { Type = Call.Types.Type.Reconcile, Reconcile = new Call.Types.Reconcile() });
    }

    private IEnumerable<Instance> WithTask() =>
        book.Apps.Values
            .SelectMany(runtime => runtime.Instances.Values)
            .Where(instance => instance.Condition.HasTask())
            .OrderBy(instance => instance.Id);
}
