using Plenum.Agent.Book;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Simulation.World;

/// <summary>
/// The invariants of the design over the whole world: some after every step, the rest once faults have stopped.
/// </summary>
internal static class WorldChecks
{
    /// <summary>
    /// Refusals of these worlds last up to 8 s, and there is always something free. Longer, and an ended task would have
    /// made the next offer larger than the one refused.
    /// </summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(25);

    public static void AfterStep(SimCluster cluster)
    {
        foreach (var agent in cluster.Agents)
        {
            NothingIsBookedTwice(cluster, agent);
        }
    }

    /// <summary>At a change of leaders: the next one reads what the last one knew.</summary>
    public static void SuccessorKnowsAll(SimCluster cluster)
    {
        if (cluster.Leader is { IsSettled: true } leader
            && DifferenceOf(leader.Snapshot, SimMaster.Successor(cluster.Store, leader.Snapshot.Time)) is { } difference)
        {
            throw new SimulationFailureException($"{leader.Name} is followed, and {difference}");
        }
    }

    /// <summary>Null when every view of the cluster is the same, or the first difference.</summary>
    public static string? FindDisagreement(SimCluster cluster)
    {
        if (cluster.Leader is not { } leader)
        {
            return "no master leads";
        }

        var book = leader.Snapshot;
        var inBook = book.Tasks.ToDictionary(task => (task.FrameworkId, task.Id));
        foreach (var agent in cluster.Agents)
        {
            if (DifferenceOf(cluster, book, inBook, agent) is { } difference)
            {
                return difference;
            }
        }

        if (book.Operations.Count > 0)
        {
            return $"{leader.Name} still has operation {book.Operations.First().Info.Type} on {book.Operations.First().AgentId}";
        }

        foreach (var framework in cluster.Frameworks)
        {
            if ((DifferenceOf(book, inBook, framework) ?? Wants(cluster, book, framework)) is { } difference)
            {
                return difference;
            }
        }

        if (DifferenceOf(book, SimMaster.Successor(cluster.Store, leader.Snapshot.Time)) is { } lost)
        {
            return lost;
        }

        if (book.Tasks.FirstOrDefault(task => !IsOver(task.State) && leader.Kills.Contains((task.FrameworkId, task.Id))) is { } survivor)
        {
            return $"{leader.Name} took the kill of {survivor.Id} on and it is {survivor.State}";
        }

        // What is left in the book belongs to nobody.
        var known = cluster.Frameworks.Select(framework => framework.Id).ToHashSet();
        return book.Frameworks.FirstOrDefault(framework => !known.Contains(framework.Id) && framework.Info.FailoverTimeout < 1000) is { } stranger
            ? $"{leader.Name} still keeps {stranger.Id} ({stranger.Info.Name}), which is no more"
            : null;
    }

    /// <summary>The registry says what the leader knows: nothing was left unwritten, and nobody else wrote.</summary>
    private static string? DifferenceOf(Kernel.Snapshots.ClusterSnapshot book, Kernel.Snapshots.ClusterSnapshot successor)
    {
        var agents = Difference(
            book.Agents.Concat(book.RecoveredAgents).Select(agent => agent.Id), successor.RecoveredAgents.Select(agent => agent.Id));
        var lost = Difference(book.UnreachableAgents.Select(agent => agent.Id), successor.UnreachableAgents.Select(agent => agent.Id));
        var frameworks = Difference(
            book.Frameworks.Select(framework => framework.Id), successor.Frameworks.Select(framework => framework.Id));
        var removed = Difference(
            book.CompletedFrameworks.Select(framework => framework.Id), successor.CompletedFrameworks.Select(framework => framework.Id));
        var shelved = Difference(
            Lost(book), Lost(successor))
            ?? Difference(KeptEnds(book), KeptEnds(successor).Except(UnacknowledgedEnds(book)));
        var orders = Difference(Orders(book), Orders(successor));
        return agents is not null ? $"the registry and the leader differ in admitted agents: {agents}"
            : lost is not null ? $"the registry and the leader differ in unreachable agents: {lost}"
            : frameworks is not null ? $"the registry and the leader differ in frameworks: {frameworks}"
            : removed is not null ? $"the registry and the leader differ in removed frameworks: {removed}"
            : shelved is not null ? $"the registry and the leader differ in tasks of lost agents: {shelved}"
            : orders is not null ? $"the registry and the leader differ in what operators ordered: {orders}"
            : null;
    }

    private static IEnumerable<string> Lost(Kernel.Snapshots.ClusterSnapshot book) =>
        book.Frameworks.SelectMany(framework => framework.UnreachableTasks).Select(task => $"{task.Id} on {task.AgentId}");

    private static IEnumerable<string> KeptEnds(Kernel.Snapshots.ClusterSnapshot book) =>
        book.Frameworks.SelectMany(framework => framework.KeptEnds).Select(task => $"{task.Id} {task.StatusUpdateState}");

    // Of tasks whose agents are there: some are in the registry, those that were just told are not.
    private static IEnumerable<string> UnacknowledgedEnds(Kernel.Snapshots.ClusterSnapshot book) =>
        book.Tasks.Where(task => IsOver(task.State)).Select(task => $"{task.Id} {task.StatusUpdateState}");

    /// <summary>Whatever an operator set that a change of leaders must not undo.</summary>
    private static IEnumerable<string> Orders(Kernel.Snapshots.ClusterSnapshot book)
    {
        foreach (var agent in book.Agents.Concat(book.RecoveredAgents).Concat(book.UnreachableAgents))
        {
            if (agent.Deactivated || agent.Drain is not null)
            {
                yield return $"{agent.Id} deactivated {agent.Deactivated} {agent.Drain}";
            }
        }

        foreach (var gone in book.GoneAgents)
        {
            yield return $"{gone.Id} gone";
        }

        foreach (var quota in book.Quotas)
        {
            yield return $"quota {quota}";
        }

        foreach (var (role, weight) in book.Weights)
        {
            yield return $"weight {role} {weight}";
        }

        foreach (var priority in book.Priorities)
        {
            yield return $"priority {priority}";
        }

        yield return $"maintenance {book.MaintenanceSchedule}";
        foreach (var machine in book.MaintenanceStatus.DownMachines)
        {
            yield return $"down {machine.Hostname}";
        }
    }

    private static bool IsOver(TaskState state) => state is not (TaskState.TaskStaging or TaskState.TaskStarting
        or TaskState.TaskRunning or TaskState.TaskKilling);

    private static string? Difference<T>(IEnumerable<T> book, IEnumerable<T> registry)
    {
        var (left, right) = (book.ToHashSet(), registry.ToHashSet());
        left.SymmetricExceptWith(right);
        return left.Count == 0 ? null : $"only one of them has {string.Join(", ", left)}";
    }

    private static void NothingIsBookedTwice(SimCluster cluster, SimAgent agent)
    {
        if (agent.Snapshot is not { } snapshot || ReferenceEquals(snapshot, agent.CheckedSnapshot))
        {
            return;
        }

        agent.CheckedSnapshot = snapshot;
        var sum = ResourceSet.Empty;
        foreach (var framework in snapshot.Frameworks)
        {
            if (cluster.Store.Removed.Contains(framework.Id))
            {
                continue;
            }

            foreach (var executor in framework.Executors)
            {
                if (executor.Kind == ContainerKind.Pod && executor.State != Plenum.Agent.Book.ExecutorState.Terminated)
                {
                    sum += ResourceSet.FromWire(executor.Info.Resources).Unallocated;
                }

                foreach (var task in executor.Tasks)
                {
                    sum += task.Terminated ? ResourceSet.Empty : ResourceSet.FromWire(task.Info.Resources).Unallocated;
                }
            }
        }

        if (agent.FailedVolumes.Count > 0)
        {
            sum = sum.Where((in entry) => entry.PersistenceId is not { } volume || !agent.FailedVolumes.Contains(volume));
        }

        if (!snapshot.Total.Contains(sum.SharedOnce) || !snapshot.Total.Quantities.Equals(SimAgent.Total.Quantities))
        {
            throw new SimulationFailureException($"{agent.Name} of {SimAgent.Total} has {snapshot.Total} and its tasks hold {sum}");
        }
    }

    private static string? DifferenceOf(
        SimCluster cluster,
        Kernel.Snapshots.ClusterSnapshot book,
        Dictionary<(FrameworkId, TaskId), Kernel.Snapshots.TaskRecord> inBook,
        SimAgent agent)
    {
        if (agent.Snapshot is not { Agent: { } id } snapshot)
        {
            return $"{agent.Name} is not up or was never admitted";
        }

        if (book.FindAgent(id) is not { Active: true } record)
        {
            return $"{agent.Name} is not active in the book";
        }

        var used = ResourceSet.Empty;
        var live = 0;
        foreach (var (framework, executor) in snapshot.Executors)
        {
            if (executor.Kind == ContainerKind.Pod && executor.State != Plenum.Agent.Book.ExecutorState.Terminated)
            {
                used += ResourceSet.FromWire(executor.Info.Resources).Unallocated;
            }

            foreach (var task in executor.Tasks)
            {
                if (cluster.Store.Removed.Contains(framework.Id))
                {
                    return $"{agent.Name} still has {task.Id} of {framework.Id}, which was removed";
                }

                if (!inBook.TryGetValue((framework.Id, task.Id), out var booked) || booked.AgentId != id)
                {
                    return $"{agent.Name} has {task.Id} ({task.Task.State}) and the book does not";
                }

                if (booked.State != task.Task.State)
                {
                    return $"{agent.Name} has {task.Id} as {task.Task.State} and the book as {booked.State}";
                }

                live++;
                used += task.Terminated ? ResourceSet.Empty : ResourceSet.FromWire(task.Info.Resources).Unallocated;
            }
        }

        var bookedHere = book.TasksOn(id).Count();
        return agent.TasksOnDisk.Count != live ? $"{agent.Name} has {live} tasks and on its disk {string.Join(", ", agent.TasksOnDisk)}"
            : bookedHere != live ? $"the book has {bookedHere} tasks on {agent.Name} and it has {live}"
            : !record.Used.Unallocated.Equals(used) ? $"the book has {record.Used.Unallocated} in use on {agent.Name} and it uses {used}"
            : !record.Total.Equals(snapshot.Total) ? $"the book says that {agent.Name} has {record.Total} and it has {snapshot.Total}"
            : Strays(agent, snapshot) ?? Volumes(agent, snapshot) ?? Disks(agent, snapshot);
    }

    private static string? Disks(SimAgent agent, AgentSnapshot snapshot) => Difference(
        snapshot.Total.ToWire().Where(static resource => resource.ProviderId is not null && resource.Disk.Source.HasId)
            .Select(static resource => resource.Disk.Source.Id),
        agent.DisksInPool) is { } difference
            ? $"the disks of {agent.Name} and its pool differ: {difference}"
            : null;

    private static string? Volumes(SimAgent agent, AgentSnapshot snapshot)
    {
        var names = new List<string>();
        foreach (ref readonly var entry in snapshot.Total.PersistentVolumes.Entries)
        {
            names.Add(entry.PersistenceId!);
        }

        return names.Count != names.Distinct().Count() ? $"{agent.Name} has a volume twice: {snapshot.Total}"
            : Difference(names, agent.VolumesOnDisk) is { } difference ? $"the volumes of {agent.Name} and its directories differ: {difference}"
            : null;
    }

    /// <summary>What a framework was promised and has not got.</summary>
    private static string? Wants(SimCluster cluster, Kernel.Snapshots.ClusterSnapshot book, SimFramework framework)
    {
        if (book.Time - framework.LastOffer > LongestWait)
        {
            return $"{framework.Name} was offered nothing for {book.Time - framework.LastOffer}";
        }

        if (framework.Reservations is not { } reservations)
        {
            return null;
        }

        if (reservations.Awaited.Count > 0)
        {
            return $"{framework.Name} has not heard what became of {string.Join(", ", reservations.Awaited)}";
        }

        foreach (var (volume, agentId) in reservations.Volumes)
        {
            if (book.FindAgent(agentId) is { } agent && !Has(agent.Total, volume))
            {
                return $"{framework.Name} was told that {volume} was made on {agentId}, and it is not there";
            }

            if (book.FindAgent(agentId) is null && !cluster.Store.Gone.Contains(agentId) && !cluster.PutDown.Contains(agentId))
            {
                return $"{framework.Name} has {volume} on {agentId}, which is nowhere";
            }
        }

        return null;
    }

    private static bool Has(ResourceSet total, string volume)
    {
        foreach (ref readonly var entry in total.PersistentVolumes.Entries)
        {
            if (entry.PersistenceId == volume)
            {
                return true;
            }
        }

        return false;
    }

    private static string? Strays(SimAgent agent, AgentSnapshot snapshot)
    {
        var owned = snapshot.Executors
            .SelectMany(pair => pair.Executor.Tasks.Select(task => task.Container).Append(pair.Executor.Container))
            .ToHashSet();
        return agent.Containers.FirstOrDefault(container => container.State == SimContainerState.Running && !owned.Contains(container.Id))
            is { } stray
            ? $"{agent.Name} runs container {stray.Id} that is nobody's"
            : null;
    }

    private static string? DifferenceOf(
        Kernel.Snapshots.ClusterSnapshot book,
        Dictionary<(FrameworkId, TaskId), Kernel.Snapshots.TaskRecord> inBook,
        SimFramework framework)
    {
        if (!framework.IsSubscribed || framework.Id is not { } id)
        {
            return $"{framework.Name} is not subscribed";
        }

        if (book.FindFramework(id) is not { Connected: true })
        {
            return $"{framework.Name} is not connected in the book";
        }

        foreach (var task in framework.Tasks.Values)
        {
            var isBooked = inBook.TryGetValue((id, task.Id), out var booked);
            if (task.IsOver ? isBooked : !isBooked)
            {
                return $"{framework.Name} thinks {task.Id} is {task.State} and the book has {booked?.State.ToString() ?? "nothing"}";
            }

            if (isBooked && booked!.State != task.State)
            {
                return $"{framework.Name} thinks {task.Id} is {task.State} and the book has {booked.State}";
            }
        }

        foreach (var group in framework.Tasks.Values.Where(task => task.Group is not null).GroupBy(task => task.Group))
        {
            if (group.FirstOrDefault(task => task.IsOver && task.State != TaskState.TaskFinished) is { } ended
                && group.FirstOrDefault(task => !task.IsOver) is { } left)
            {
                return $"{framework.Name} hears that {ended.Id} is {ended.State} and {left.Id} of its group is still {left.State}";
            }
        }

        return book.TasksOf(id).FirstOrDefault(task => !framework.Tasks.ContainsKey(task.Id)) is { } unknown
            ? $"the book has {unknown.Id} and {framework.Name} does not"
            : null;
    }
}
