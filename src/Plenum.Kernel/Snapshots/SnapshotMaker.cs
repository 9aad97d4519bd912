
namespace Plenum.Kernel.Snapshots;

/// <summary>
/// Takes snapshots. Tasks, executors and offers are immutable records already; agents and frameworks,
/// whose sums change with each launch, are described anew only when somebody looks.
/// </summary>
internal sealed class SnapshotMaker(KernelContext context, ClusterBook book)
{
    private ClusterSnapshot? _newest;
    private long _version;

    public void Invalidate()
    {
        _newest = null;
        _version++;
    }

    public ClusterSnapshot Make() => _newest ??= Take();

    private ClusterSnapshot Take()
    {
        var recovered = new List<AgentRecord>();
        var unreachable = new List<AgentRecord>();
        var gone = new List<AgentRecord>();
        foreach (var agent in book.Agents.Values)
        {
            switch (agent.Standing)
            {
                case AgentStanding.Registered when agent.IsDirty:
                    book.AgentTable.Replace(agent.Slot, agent.ToRecord());
                    agent.Shown();
                    break;
                case AgentStanding.Recovered:
                    recovered.Add(agent.ToRecord());
                    break;
                case AgentStanding.Unreachable:
                    unreachable.Add(agent.ToRecord());
                    break;
                case AgentStanding.Gone:
                    gone.Add(agent.ToRecord());
                    break;
                default:
                    break;
            }
        }

        foreach (var framework in book.Frameworks.Values)
        {
            if (framework.IsDirty)
            {
                book.FrameworkTable.Replace(framework.Slot, framework.ToRecord());
                framework.Shown();
            }
        }

        return new ClusterSnapshot
        {
            Version = _version,
            Time = context.Now,
            Agents = book.AgentTable.Freeze(),
            RecoveredAgents = recovered,
            UnreachableAgents = unreachable,
            GoneAgents = gone,
            Frameworks = book.FrameworkTable.Freeze(),
            CompletedFrameworks = book.CompletedFrameworks.Freeze(),
            Tasks = book.TaskTable.Freeze(),
            Executors = book.ExecutorTable.Freeze(),
            Offers = book.OfferTable.Freeze(),
            Operations = book.OperationTable.Freeze(),
            Roles = DescribeRoles(),
            Weights = [.. book.Roles.Weights],
            Quotas = [.. book.Quotas.All.Select(static quota => quota.Wire)],
            Priorities = [.. book.Priorities.All],
            MaintenanceSchedule = book.Machines.Schedule,
            MaintenanceStatus = book.Machines.Status(book),
            InverseOffers = [.. book.InverseOffers.Values.Select(static entry => entry.Wire)],
            Counters = context.Counters with { },
        };
    }

    private List<RoleRecord> DescribeRoles()
    {
        var roles = new List<RoleRecord>();
        foreach (var node in book.Roles.Nodes)
        {
            // A path that only leads to others is no role of its own.
            if (node.Leaf.Clients.Count > 0)
            {
                var frameworks = node.Leaf.Clients.ConvertAll(static client => client.Framework.Id);
                roles.Add(new RoleRecord(node.Path, node.Weight, frameworks, node.Leaf.Allocated.ToQuantities())
                {
                    OfferFilters = node.Leaf.Clients.Sum(client => client.Filters.CountAt(context.Now)),
                    DominantShare = node.Leaf.DominantShare(
                        book.Roles.ClusterTotal, context.Options.FairSharingExcludedResources) / node.Weight,
                });
            }
        }

        roles.Sort(static (left, right) => string.CompareOrdinal(left.Name, right.Name));
        return roles;
    }
}
