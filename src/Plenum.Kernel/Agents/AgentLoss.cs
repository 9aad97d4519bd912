using Plenum.Kernel.Maintenance;
using Plenum.Kernel.Offers;
using Plenum.Kernel.Operations;
using Plenum.Kernel.Reconciliation;
using Plenum.Kernel.Registry;
using Plenum.Kernel.Snapshots;
using Plenum.Kernel.Tasks;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Registry.V1;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using MasterEvent = Plenum.Protocol.V1.Master.Event;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;

namespace Plenum.Kernel.Agents;

/// <summary>Agents leave: lost, gone for ever, or by their own wish.</summary>
internal sealed class AgentLoss(
    KernelContext context,
    ClusterBook book,
    OfferBook offers,
    InverseOffers inverse,
    TaskBook tasks,
    StatusSender sender,
    AgentLiveness liveness,
    OperationUpdates operations,
    KeptTasks kept,
    Reconciler reconciler)
{
    /// <summary>It may come back; its tasks wait for that.</summary>
    public void MarkUnreachable(AgentEntry agent)
    {
        context.Write(agent, RegistryAgent.Types.Standing.Unreachable);
        context.Counters.AgentUnreachableCompleted++;
        context.Counters.AgentRemovals++;
        context.Counters.AgentRemovalsUnhealthy++;
        context.Counters.RecoveredAgentRemovals += agent.Standing == AgentStanding.Recovered ? 1 : 0;
        Delist(agent, AgentStanding.Unreachable);
        var lost = new List<TaskRecord>();
        var forgotten = new HashSet<AgentId>();
        foreach (var task in new List<TaskEntry>(agent.Tasks))
        {
            if (task.Record.StatusUpdateState is { } told && TaskStates.IsTerminal(told))
            {
                kept.Shelve(task);
                tasks.Complete(task);
                continue;
            }

            if (TaskStates.IsTerminal(task.Record.State))
            {
                tasks.Complete(task);
                continue;
            }

            var status = sender.Send(
                task.Framework,
                new MasterUpdate(task.Id, TaskState.TaskUnreachable, Reason.AgentRemoved, "The agent is unreachable")
                {
                    Agent = agent.Id,
                    Executor = task.Record.ExecutorId,
                    UnreachableTime = context.Now,
                });
            tasks.Update(task, status, status.State);
            tasks.Remove(task);
            if (task.Framework.Unreachable.Add(task.Record) is { } evicted && evicted.AgentId != agent.Id)
            {
                forgotten.Add(evicted.AgentId);
            }

            task.Framework.Touch();
            lost.Add(task.Record);
        }

        kept.WriteLost(agent, lost);
        kept.WithoutForgotten(forgotten);
        operations.AgentLost(agent, OperationState.OperationUnreachable, "The agent is unreachable");
        Finish(agent);
    }

    /// <summary>For ever: its tasks are over and it is never let in again.</summary>
    public void MarkGone(AgentEntry agent)
    {
        if (agent.Standing == AgentStanding.Gone)
        {
            return;
        }

        context.Write(agent, RegistryAgent.Types.Standing.Gone);
        Dismiss(agent, "The agent was marked gone by an operator");
        Delist(agent, AgentStanding.Gone);
        foreach (var task in new List<TaskEntry>(agent.Tasks))
        {
            tasks.EndWithAgent(task, TaskState.TaskGoneByOperator, Reason.AgentRemovedByOperator, "The agent was marked gone");
        }

        EndUnreachable(agent);
        kept.ForgetLost(agent);
        kept.EndAllOf(agent.Id);
        operations.AgentLost(agent, OperationState.OperationGoneByOperator, "The agent was marked gone");
        Finish(agent);
    }

    /// <summary>It left by itself, or another took its place: LOST even for frameworks that know more words.</summary>
    public void Unregister(AgentEntry agent, string why)
    {
        context.Delete(RegistryKeys.Of(agent.Id));
        context.Counters.AgentRemovals++;
        Delist(agent, AgentStanding.Gone);
        foreach (var task in new List<TaskEntry>(agent.Tasks))
        {
            tasks.EndWithAgent(task, TaskState.TaskLost, Reason.AgentRemoved, $"The agent was removed: {why}");
        }

        kept.ForgetLost(agent);
        kept.EndAllOf(agent.Id);
        operations.AgentLost(agent, OperationState.OperationGoneByOperator, $"The agent was removed: {why}");
        book.Agents.Remove(agent.Id);
        Finish(agent);
    }

    /// <summary>True when the agent did not come back in the time it was given.</summary>
    public static bool IsReturnOverdue(AgentEntry agent, int generation) => generation == agent.ReturnGeneration
        && !agent.Connected
        && agent.Standing is AgentStanding.Registered or AgentStanding.Recovered;

    /// <summary>Lost and gone agents are forgotten after a while, the longest lost first.</summary>
    public void CleanRegistry()
    {
        var lost = new List<AgentEntry>();
        foreach (var agent in book.Agents.Values)
        {
            if (agent.Standing is AgentStanding.Unreachable or AgentStanding.Gone)
            {
                lost.Add(agent);
            }
        }

        lost.Sort(static (left, right) =>
        {
            var order = Nullable.Compare(left.LostTime, right.LostTime);
            return order != 0 ? order : left.Id.CompareTo(right.Id);
        });
        var surplus = lost.Count - context.Options.MaxLostAgents;
        for (var i = 0; i < lost.Count && (i < surplus || IsOld(lost[i])); i++)
        {
            LeaveAddress(lost[i]);
            kept.ForgetLost(lost[i]);
            kept.EndAllOf(lost[i].Id);
            foreach (var framework in book.Frameworks.Values)
            {
                framework.Unreachable.TakeAllOf(lost[i].Id);
                framework.Touch();
            }

            book.Agents.Remove(lost[i].Id);
            context.Delete(RegistryKeys.Of(lost[i].Id));
        }
    }

    private void LeaveAddress(AgentEntry agent)
    {
        if (AgentAdmission.AddressKey(agent.Address) is { } key
            && book.AgentsByAddress.TryGetValue(key, out var holder)
            && holder == agent)
        {
            book.AgentsByAddress.Remove(key);
        }
    }

    private bool IsOld(AgentEntry agent) => context.Now - agent.LostTime > context.Options.LostAgentRetention;

    private void Dismiss(AgentEntry agent, string reason) =>
        context.Send(agent, new MasterMessage { Shutdown = new MasterMessage.Types.Shutdown { Message = reason } });

    private void Delist(AgentEntry agent, AgentStanding standing)
    {
        offers.RescindAllOf(agent);
        inverse.EndAllOf(agent);
        liveness.Unlink(agent, close: true);
        if (agent.Standing == AgentStanding.Recovered)
        {
            book.RecoveredAgents--;
        }

        agent.Standing = standing;
        agent.LostTime = context.Now;
        agent.Touch();
    }

    private void Finish(AgentEntry agent)
    {
        foreach (var executor in new List<ExecutorEntry>(agent.Executors.Values))
        {
            tasks.RemoveExecutor(executor);
        }

        if (agent.Slot >= 0)
        {
            book.AgentTable.Remove(agent.Slot);
            book.Roles.ClusterTotal.Subtract(agent.Total);
            agent.Slot = -1;
        }

        // Lost before it ever used its id: should its machine ask again, it is this one.
        if (agent is not { Standing: AgentStanding.Unreachable, Confirmed: false })
        {
            LeaveAddress(agent);
        }

        foreach (var framework in book.Frameworks.Values)
        {
            foreach (var client in framework.Clients.Values)
            {
                client.Filters.Forget(agent.Id);
            }

            framework.InverseFilters.Remove(agent.Id);

            context.Send(framework, new Event
            {
                Type = Event.Types.Type.Failure,
                Failure = new Event.Types.Failure { AgentId = agent.Id.ToWire() },
            });
        }

        reconciler.AgentSettled(agent);
        context.Publish(new MasterEvent
        {
            Type = MasterEvent.Types.Type.AgentRemoved,
            AgentRemoved = new MasterEvent.Types.AgentRemoved { AgentId = agent.Id.ToWire() },
        });
    }

    private void EndUnreachable(AgentEntry agent)
    {
        foreach (var framework in book.Frameworks.Values)
        {
            foreach (var task in framework.Unreachable.TakeAllOf(agent.Id))
            {
                var status = sender.Send(
                    framework,
                    new MasterUpdate(task.Id, TaskState.TaskGoneByOperator, Reason.AgentRemovedByOperator, "The agent was marked gone")
                    {
                        Agent = agent.Id,
                        Executor = task.ExecutorId,
                    });
                framework.Completed.Add(task with { State = status.State, StatusUpdateState = status.State }, out _);
                framework.Touch();
            }
        }
    }
}
