using Plenum.Kernel.Snapshots;
using Plenum.Protocol.V1;

namespace Plenum.Master.Metrics;

/// <summary>Metrics that a snapshot answers.</summary>
internal static class SnapshotMetrics
{
    public static void Add(IDictionary<string, double> all, ClusterSnapshot state)
    {
        AddAgents(all, state);
        AddResources(all, state);
        AddTasks(all, state);
        AddValidity(all, state.Counters);
        OperationMetrics.Add(all, state);
        all["master/frameworks_active"] = state.Frameworks.Count(framework => framework.Active);
        all["master/frameworks_inactive"] = state.Frameworks.Count(framework => !framework.Active);
        all["master/frameworks_connected"] = state.Frameworks.Count(framework => framework.Connected);
        all["master/frameworks_disconnected"] = state.Frameworks.Count(framework => !framework.Connected);
        all["master/outstanding_offers"] = state.Offers.Count;
    }

    private static void AddValidity(IDictionary<string, double> all, KernelCounters counters)
    {
        all["master/valid_status_updates"] = counters.ValidStatusUpdates;
        all["master/invalid_status_updates"] = counters.InvalidStatusUpdates;
        all["master/valid_status_update_acknowledgements"] = counters.ValidAcknowledgements;
        all["master/invalid_status_update_acknowledgements"] = counters.InvalidAcknowledgements;
        all["master/valid_framework_to_executor_messages"] = counters.ValidFrameworkMessages;
        all["master/invalid_framework_to_executor_messages"] = counters.InvalidFrameworkMessages;
        all["master/valid_executor_to_framework_messages"] = counters.ValidExecutorMessages;
        all["master/invalid_executor_to_framework_messages"] = counters.InvalidExecutorMessages;
        all["master/valid_operation_status_updates"] = counters.ValidOperationUpdates;
        all["master/invalid_operation_status_updates"] = counters.InvalidOperationUpdates;
        all["master/valid_operation_status_update_acknowledgements"] = counters.ValidOperationAcknowledgements;
        all["master/invalid_operation_status_update_acknowledgements"] = counters.InvalidOperationAcknowledgements;
    }

    private static void AddAgents(IDictionary<string, double> all, ClusterSnapshot state)
    {
        all["master/slaves_active"] = state.Agents.Count(agent => agent.Active);
        all["master/slaves_inactive"] = state.Agents.Count(agent => !agent.Active);
        all["master/slaves_connected"] = state.Agents.Count(agent => agent.Connected);
        all["master/slaves_disconnected"] = state.Agents.Count(agent => !agent.Connected);
        all["master/slaves_unreachable"] = state.UnreachableAgents.Count;
        all["master/slave_registrations"] = state.Counters.AgentRegistrations;
        all["master/slave_reregistrations"] = state.Counters.AgentReregistrations;
        all["master/slave_removals"] = state.Counters.AgentRemovals;
        all["master/slave_removals/reason_unhealthy"] = state.Counters.AgentRemovalsUnhealthy;
        all["master/slave_removals/reason_unregistered"] = state.Counters.AgentRemovalsUnregistered;
        all["master/slave_removals/reason_registered"] = state.Counters.AgentRemovalsRegistered;
        all["master/recovery_slave_removals"] = state.Counters.RecoveredAgentRemovals;

        // Nothing lies between the decision and the deed here, so that none can be cancelled.
        all["master/slave_unreachable_scheduled"] = state.Counters.AgentUnreachableScheduled;
        all["master/slave_unreachable_completed"] = state.Counters.AgentUnreachableCompleted;
        all["master/slave_unreachable_canceled"] = state.Counters.AgentUnreachableCanceled;
    }

    private static void AddResources(IDictionary<string, double> all, ClusterSnapshot state)
    {
        foreach (var name in (string[])["cpus", "gpus", "mem", "disk"])
        {
            var (total, used) = (0L, 0L);
            var (revocableTotal, revocableUsed) = (0L, 0L);
            foreach (var agent in state.Agents)
            {
                total += agent.Total.NonRevocable.Millis(name);
                used += agent.Used.NonRevocable.Millis(name);
                revocableTotal += agent.Total.Revocable.Millis(name);
                revocableUsed += agent.Used.Revocable.Millis(name);
            }

            AddUse(all, name, total, used);
            AddUse(all, $"{name}_revocable", revocableTotal, revocableUsed);
        }
    }

    private static void AddUse(IDictionary<string, double> all, string name, long total, long used)
    {
        all[$"master/{name}_total"] = total / 1000.0;
        all[$"master/{name}_used"] = used / 1000.0;
        all[$"master/{name}_percent"] = total == 0 ? 0 : (double)used / total;
    }

    private static void AddTasks(IDictionary<string, double> all, ClusterSnapshot state)
    {
        int staging = 0, starting = 0, running = 0, killing = 0;
        foreach (var task in state.Tasks)
        {
            switch (task.State)
            {
                case TaskState.TaskStaging:
                    staging++;
                    break;
                case TaskState.TaskStarting:
                    starting++;
                    break;
                case TaskState.TaskRunning:
                    running++;
                    break;
                case TaskState.TaskKilling:
                    killing++;
                    break;
            }
        }

        all["master/tasks_staging"] = staging;
        all["master/tasks_starting"] = starting;
        all["master/tasks_running"] = running;
        all["master/tasks_killing"] = killing;
        all["master/tasks_unreachable"] = state.Frameworks.Sum(framework => framework.UnreachableTasks.Count);
        var counters = state.Counters;
        all["plenum/tasks_preempted"] = counters.TasksPreempted;
        all["master/tasks_finished"] = counters.TasksFinished;
        all["master/tasks_failed"] = counters.TasksFailed;
        all["master/tasks_killed"] = counters.TasksKilled;
        all["master/tasks_error"] = counters.TasksError;
        all["master/tasks_lost"] = counters.TasksLost;
        all["master/tasks_dropped"] = counters.TasksDropped;
        all["master/tasks_gone"] = counters.TasksGone;
        all["master/tasks_gone_by_operator"] = counters.TasksGoneByOperator;
    }
}
