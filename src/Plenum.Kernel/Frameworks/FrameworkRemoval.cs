using Plenum.Kernel.Agents;
using Plenum.Kernel.Maintenance;
using Plenum.Kernel.Offers;
using Plenum.Kernel.Operations;
using Plenum.Kernel.Registry;
using Plenum.Kernel.Snapshots;
using Plenum.Kernel.Tasks;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using MasterEvent = Plenum.Protocol.V1.Master.Event;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;

namespace Plenum.Kernel.Frameworks;

/// <summary>A framework ends: torn down, by its own wish or an operator's, or not back in time.</summary>
internal sealed class FrameworkRemoval(
    KernelContext context,
    ClusterBook book,
    OfferBook offers,
    InverseOffers inverse,
    TaskBook tasks,
    OperationUpdates operations,
    KeptTasks kept)
{
    /// <summary>Agents that run, or still account for, something of the framework.</summary>
    public static HashSet<AgentEntry> AgentsOf(FrameworkEntry framework)
    {
        var agents = new HashSet<AgentEntry>();
        foreach (var task in framework.Tasks.Values)
        {
            agents.Add(task.Agent);
        }

        foreach (var executor in framework.Executors)
        {
            agents.Add(executor.Agent);
        }

        return agents;
    }

    public void Remove(FrameworkEntry framework)
    {
        // 1. Remembered as removed, so that agents that come back later are told to shut it down.
        context.Write(framework, unregistered: context.Now);

        // 2. Nothing more is offered to it.
        offers.WithdrawAllOf(framework);
        inverse.WithdrawAllOf(framework);
        foreach (var client in framework.Clients.Values)
        {
            book.Roles.SetActive(client, false);
        }

        // 3. Agents shut its executors down; agents that are away hear of it when they are back.
        foreach (var agent in AgentsOf(framework))
        {
            context.Send(agent, new MasterMessage
            {
                ShutdownFramework = new MasterMessage.Types.ShutdownFramework { FrameworkId = framework.Info.Id },
            });
        }

        // 4. Its tasks count as killed; nobody is there to be told.
        var running = new List<TaskEntry>(framework.Tasks.Values);
        foreach (var task in running)
        {
            Kill(framework, task);
        }

        while (framework.Executors.Count > 0)
        {
            tasks.RemoveExecutor(framework.Executors[^1]);
        }

        operations.FrameworkRemoved(framework);
        kept.ForgetAllOf(framework);

        // 5. Off the book.
        if (framework.Stream is { } stream)
        {
            book.Streams.Remove(stream);
            framework.Attach(null);
            context.Close(stream);
        }

        framework.HeartbeatGeneration++;
        framework.FailoverGeneration++;
        book.Frameworks.Remove(framework.Id);
        book.FrameworkTable.Remove(framework.Slot);
        framework.Touch();
        Remember(framework.ToRecord(context.Now));
        LeaveRoles(framework);
        context.Publish(new MasterEvent
        {
            Type = MasterEvent.Types.Type.FrameworkRemoved,
            FrameworkRemoved = new MasterEvent.Types.FrameworkRemoved { FrameworkInfo = framework.Info },
        });
    }

    /// <summary>Into the bounded history; what falls out of it also leaves the registry.</summary>
    public void Remember(FrameworkRecord removed)
    {
        book.RemovedFrameworks[removed.Id] = removed;
        if (book.CompletedFrameworks.Add(removed, out var evicted) && evicted is not null)
        {
            book.RemovedFrameworks.Remove(evicted.Id);
            context.Delete(RegistryKeys.Of(evicted.Id));
        }
    }

    private void Kill(FrameworkEntry framework, TaskEntry task)
    {
        if (!TaskStates.IsTerminal(task.Record.State))
        {
            tasks.Update(
                task,
                new TaskStatus
                {
                    TaskId = task.Id.ToWire(),
                    State = TaskState.TaskKilled,
                    Source = TaskStatus.Types.Source.Master,
                    Reason = Reason.FrameworkRemoved,
                    Message = "Framework removed",
                    AgentId = task.Agent.Id.ToWire(),
                    Timestamp = WireTime.Seconds(context.Now),
                },
                TaskState.TaskKilled);
        }

        tasks.Complete(task);
    }

    private void LeaveRoles(FrameworkEntry framework)
    {
        framework.LeaveRoles();
        foreach (var client in new List<Allocation.FrameworkClient>(framework.Clients.Values))
        {
            book.Roles.Forget(client);
        }
    }
}
