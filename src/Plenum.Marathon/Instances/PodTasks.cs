using System.Collections.Immutable;
using TaskStatus = Plenum.Protocol.V1.TaskStatus;

namespace Plenum.Marathon.Instances;

/// <summary>The condition of an instance from those of its several tasks.</summary>
internal static class PodTasks
{
    // The first of these that any live task is in: the instance is no further than its last task.
    private static readonly Condition[] LiveOrder =
    [
        Condition.Unreachable, Condition.UnreachableInactive, Condition.Killing, Condition.Starting, Condition.Staging,
        Condition.Provisioned, Condition.Running,
    ];

    // A failure says more than its consequences: when one container fails, the agent ends the others.
    private static readonly Condition[] EndOrder =
    [
        Condition.Error, Condition.Failed, Condition.Gone, Condition.Dropped, Condition.Unknown, Condition.Killed,
        Condition.Finished,
    ];

    /// <summary>
    /// An instance runs when all its containers do; one that finished is no longer asked. When a container ended in
    /// any other way the instance is going, and has ended when the last one has; with its agent lost meanwhile nobody
    /// will say so, and it is unreachable like any other.
    /// </summary>
    public static Condition ConditionOf(ImmutableArray<ContainerState> containers)
    {
        if (containers.All(container => container.Condition.IsTerminal()))
        {
            return First(EndOrder, containers);
        }

        return HasBrokenOff(containers) && containers.Any(IsWithinReach) ? Condition.Killing : First(LiveOrder, containers);
    }

    /// <summary>A container ended before its time: what is left of the instance has to go.</summary>
    public static bool HasBrokenOff(ImmutableArray<ContainerState> containers) =>
        containers.Any(container => container.Condition.IsTerminal() && container.Condition != Condition.Finished);

    /// <summary>The containers with what a status says about one; null when there is none of the name, or it has ended.</summary>
    public static ImmutableArray<ContainerState>? Take(
        Instance instance, string name, Condition condition, TaskStatus status, string message, DateTimeOffset now)
    {
        for (var i = 0; i < instance.Containers.Length; i++)
        {
            var before = instance.Containers[i];
            if (before.Name != name)
            {
                continue;
            }

            return before.Condition.IsTerminal()
                ? null
                : instance.Containers.SetItem(i, before with
                {
                    Condition = condition,
                    Since = before.Condition == condition ? before.Since : now,
                    StartedAt = condition == Condition.Running ? before.StartedAt ?? now : before.StartedAt,

                    // A repetition is worded by whoever repeats it: what it said when it happened is the news.
                    Message = before.Condition == condition ? before.Message : message.Length == 0 ? null : message,
                    Networks = NetworksOf(status) ?? before.Networks,
                });
        }

        return null;
    }

    private static bool IsWithinReach(ContainerState container) =>
        !container.Condition.IsTerminal() && !container.Condition.IsUnreachable();

    private static Condition First(Condition[] order, ImmutableArray<ContainerState> containers) =>
        order.First(condition => containers.Any(container => container.Condition == condition));

    private static ImmutableArray<ContainerNetwork>? NetworksOf(TaskStatus status) =>
        status.ContainerStatus is { NetworkInfos.Count: > 0 } container
            ? [.. container.NetworkInfos.Select(network => new ContainerNetwork(
                network.HasName ? network.Name : null,
                [.. network.IpAddresses.Where(address => address.HasIpAddress).Select(address => address.IpAddress)]))]
            : null;
}
