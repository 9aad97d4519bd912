using Plenum.Agent.Book;
using Plenum.Http.Diagnostics;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Metrics;

/// <summary>
/// The flat map of /metrics/snapshot under Mesos' names (mesos.md 7): gauges from the book and the
/// machine. What is not counted here has no name in the answer, rather than a 0.
/// </summary>
internal sealed class AgentMetrics(AgentIdentity identity, TimeProvider clock, TimeSpan recoveryTime, AgentMeters meters)
{
    private static readonly (TaskState State, string Name)[] Gauges =
    [
        (TaskState.TaskStaging, "tasks_staging"),
        (TaskState.TaskStarting, "tasks_starting"),
        (TaskState.TaskRunning, "tasks_running"),
        (TaskState.TaskKilling, "tasks_killing"),
    ];

    public IReadOnlyList<KeyValuePair<string, double>> Snapshot(AgentSnapshot snapshot)
    {
        var values = new List<KeyValuePair<string, double>>
        {
            new("slave/registered", snapshot.Registered ? 1 : 0),
            new("slave/uptime_secs", (clock.GetUtcNow() - identity.Started).TotalSeconds),
            new("slave/recovery_time_secs", recoveryTime.TotalSeconds),
            new("slave/frameworks_active", snapshot.Frameworks.Count),
        };
        AddResources(values, snapshot);
        AddExecutors(values, snapshot);
        AddTasks(values, snapshot);
        AddCounters(values, snapshot.Counters);
        values.AddRange(meters.Read());
        values.AddRange(SystemStatistics.Read().Metrics);
        values.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        return values;
    }

    private static void AddResources(List<KeyValuePair<string, double>> values, AgentSnapshot snapshot)
    {
        var total = snapshot.Total;
        var used = ResourceSet.FromWire(snapshot.Executors.SelectMany(static pair => pair.Executor.Info.Resources
            .Concat(pair.Executor.Tasks.Where(static task => !task.Terminated).SelectMany(static task => task.Task.Resources))));
        foreach (var name in (string[])["cpus", "gpus", "mem", "disk"])
        {
            AddUse(values, name, total.NonRevocable.Scalar(name), used.NonRevocable.Scalar(name));
            AddUse(values, $"{name}_revocable", total.Revocable.Scalar(name), used.Revocable.Scalar(name));
        }
    }

    private static void AddUse(List<KeyValuePair<string, double>> values, string name, double all, double taken)
    {
        values.Add(new($"slave/{name}_total", all));
        values.Add(new($"slave/{name}_used", taken));
        values.Add(new($"slave/{name}_percent", all > 0 ? taken / all : 0));
    }

    private static void AddCounters(List<KeyValuePair<string, double>> values, BookCounters counters)
    {
        values.Add(new("slave/tasks_finished", counters.TasksFinished));
        values.Add(new("slave/tasks_failed", counters.TasksFailed));
        values.Add(new("slave/tasks_killed", counters.TasksKilled));
        values.Add(new("slave/tasks_lost", counters.TasksLost));
        values.Add(new("slave/tasks_gone", counters.TasksGone));
        values.Add(new("slave/executors_terminated", counters.ExecutorsTerminated));
        values.Add(new("slave/executors_preempted", counters.ExecutorsPreempted));
        values.Add(new("slave/container_launch_errors", counters.ContainerLaunchErrors));
        values.Add(new("slave/recovery_errors", counters.RecoveryErrors));
        values.Add(new("slave/valid_status_updates", counters.ValidStatusUpdates));
        values.Add(new("slave/invalid_status_updates", counters.InvalidStatusUpdates));
        values.Add(new("slave/valid_framework_messages", counters.ValidFrameworkMessages));
        values.Add(new("slave/invalid_framework_messages", counters.InvalidFrameworkMessages));
    }

    private static void AddExecutors(List<KeyValuePair<string, double>> values, AgentSnapshot snapshot)
    {
        var states = snapshot.Executors.Select(static pair => pair.Executor.State).ToArray();
        values.Add(new("slave/executors_registering", states.Count(static state => state is ExecutorState.Launching or ExecutorState.Registering)));
        values.Add(new("slave/executors_running", states.Count(static state => state == ExecutorState.Running)));
        values.Add(new("slave/executors_terminating", states.Count(static state => state == ExecutorState.Terminating)));
    }

    private static void AddTasks(List<KeyValuePair<string, double>> values, AgentSnapshot snapshot)
    {
        var tasks = snapshot.Executors.SelectMany(static pair => pair.Executor.Tasks).Select(static task => task.Task.State).ToArray();
        foreach (var (state, name) in Gauges)
        {
            values.Add(new($"slave/{name}", tasks.Count(known => known == state)));
        }
    }
}
