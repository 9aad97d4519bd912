using Plenum.Kernel.Agents;
using Plenum.Kernel.Allocation;
using Plenum.Kernel.Offers;
using Plenum.Kernel.Snapshots;
using Plenum.Kernel.Tasks;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Invariants;

/// <summary>Recomputes everything that the book keeps as running sums and indexes. For tests and the simulator: it is slow.</summary>
internal static class BookAudit
{
    public static void CheckAll(ClusterBook book)
    {
        var cluster = new ScalarTotals();
        var recovered = 0;
        foreach (var agent in book.Agents.Values)
        {
            CheckAgent(book, agent);
            recovered += agent.Standing == AgentStanding.Recovered ? 1 : 0;
            if (agent.Standing == AgentStanding.Registered)
            {
                cluster.Add(agent.Total);
            }
        }

        Invariant.Check(recovered == book.RecoveredAgents, $"{recovered} agents are awaited and {book.RecoveredAgents} are counted");
        Same(cluster, book.Roles.ClusterTotal.ToQuantities(), "cluster total");
        CheckFrameworks(book);
        CheckRoles(book);
        CheckQuotas(book);
        foreach (var (id, offer) in book.Offers)
        {
            Invariant.Check(offer.Agent.IsOfferable, $"offer {id} is of {offer.Agent.Id}, which is not active");
            Invariant.Check(offer.Framework.Active, $"offer {id} is held by {offer.Framework.Id}, which is not active");
        }

        foreach (var (id, asked) in book.InverseOffers)
        {
            Invariant.Check(
                asked.Framework.Active && asked.Agent.Unavailability is not null
                    && asked.Agent.InverseOffers.GetValueOrDefault(asked.Framework.Id) == asked,
                $"inverse offer {id} is misplaced");
        }

        Invariant.Check(
            book.Operations.Count == book.OperationTable.Count
                && book.Operations.Count == book.Agents.Values.Sum(static agent => agent.Operations.Count),
            "operations and their lists differ");
        Invariant.Check(book.Offers.Count == book.OfferTable.Count, "offers and their table differ");
        Invariant.Check(book.Offers.Count == book.OffersByAge.Count, "offers and their ages differ");
    }

    private static void CheckAgent(ClusterBook book, AgentEntry agent)
    {
        var name = agent.Id.Value;
        var used = ResourceSet.Empty;
        foreach (var task in agent.Tasks)
        {
            Invariant.Check(task.Agent == agent && agent.Tasks[task.AgentIndex] == task, $"task {task.Id} is misplaced on {name}");
            Invariant.Check(
                task.Framework.Tasks.GetValueOrDefault(task.Id) == task, $"task {task.Id} on {name} is not its framework's");
            Invariant.Check(
                task.HoldsResources != TaskStates.IsTerminal(task.Record.State),
                $"task {task.Id} on {name} is {task.Record.State} and holds resources: {task.HoldsResources}");
            used += task.HoldsResources ? task.Record.Resources : ResourceSet.Empty;
        }

        foreach (var executor in agent.Executors.Values)
        {
            used += executor.Record.Resources;
        }

        var offered = ResourceSet.Empty;
        foreach (var offer in agent.Offers)
        {
            Invariant.Check(agent.Offers[offer.AgentIndex] == offer, $"offer {offer.Id} is misplaced on {name}");
            offered += offer.Resources;
            CheckCopies(agent, offer);
        }

        Invariant.Check(agent.InHand.IsEmpty, $"{name} has resources in no one's account: {agent.InHand}");
        Invariant.Check(used.Equals(agent.Used), $"{name} counts {agent.Used} as used, its tasks hold {used}");
        Invariant.Check(offered.Equals(agent.Offered), $"{name} counts {agent.Offered} as offered, its offers hold {offered}");
        if (agent.Standing == AgentStanding.Registered && !agent.Overcommitted)
        {
            var sum = agent.Available + (used + offered).NonShared.Unallocated + agent.Converting;
            Invariant.Check(sum.Equals(agent.Total), $"{name} has {agent.Total} in total and accounts for {sum}");
        }

        Invariant.Check(
            agent.Drain is not { State: DrainState.Drained } || !agent.Tasks.Exists(static task => task.HoldsResources),
            $"{name} is drained and has tasks that run");
        var converting = ResourceSet.Empty;
        foreach (var operation in agent.Operations)
        {
            converting += operation.Held;
            Invariant.Check(
                operation.Agent == agent && book.Operations.GetValueOrDefault(operation.Uuid) == operation,
                $"an operation on {name} is misplaced");
        }

        Invariant.Check(
            converting.Equals(agent.Converting), $"{name} counts {agent.Converting} as under way, its operations hold {converting}");
        Invariant.Check(
            agent.Link is not { } link || book.Links.GetValueOrDefault(link) == agent, $"the link of {name} is not listed");
        Invariant.Check(
            agent.Standing == AgentStanding.Registered
                || (agent.Tasks.Count == 0 && agent.Offers.Count == 0 && agent.Operations.Count == 0 && agent.Link is null),
            $"{name} is {agent.Standing} and still has tasks, offers, operations or a link");
    }

    /// <summary>An offer holds one copy of a shared volume that exists, and no other offer of it in the role does.</summary>
    private static void CheckCopies(AgentEntry agent, OfferEntry offer)
    {
        var shared = offer.Resources.Shared;
        if (shared.IsEmpty)
        {
            return;
        }

        Invariant.Check(
            shared.Equals(shared.SharedOnce) && agent.Total.Contains(shared.Unallocated),
            $"offer {offer.Id} holds {shared} of {agent.Id}, which has {agent.Total}");
        foreach (var other in agent.Offers)
        {
            Invariant.Check(
                other == offer || other.Framework != offer.Framework || (shared - other.Resources).Equals(shared),
                $"offers {offer.Id} and {other.Id} to {offer.Framework.Id} hold the same shared volume");
        }
    }

    private static void CheckFrameworks(ClusterBook book)
    {
        var tasks = 0;
        foreach (var framework in book.Frameworks.Values)
        {
            var used = new Tally();
            foreach (var task in framework.Tasks.Values)
            {
                Invariant.Check(task.Framework == framework, $"task {task.Id} is in the wrong framework's list");
                Invariant.Check(
                    book.Agents.GetValueOrDefault(task.Agent.Id) == task.Agent, $"task {task.Id} is on {task.Agent.Id}, which is not in the book");
                if (task.HoldsResources)
                {
                    used.Add(task.Agent, task.Record.Resources);
                }
            }

            foreach (var executor in framework.Executors)
            {
                used.Add(executor.Agent, executor.Record.Resources);
            }

            var offered = new Tally();
            foreach (var offer in framework.Offers)
            {
                offered.Add(offer.Agent, offer.Resources);
            }

            Same(used.Totals, framework.Used.ToQuantities(), $"resources used by {framework.Id}");
            Same(offered.Totals, framework.Offered.ToQuantities(), $"resources offered to {framework.Id}");
            foreach (var (id, operation) in framework.Operations)
            {
                Invariant.Check(
                    book.Operations.GetValueOrDefault(operation.Uuid) == operation && string.Equals(operation.Name, id, StringComparison.Ordinal),
                    $"operation {id} of {framework.Id} is not in the book");
            }

            Invariant.Check(framework.NewOffers.Count == 0, $"offers to {framework.Id} were made and not sent");
            tasks += framework.Tasks.Count;
        }

        Invariant.Check(tasks == book.TaskTable.Count, "tasks and their table differ");
    }

    private static void CheckRoles(ClusterBook book)
    {
        foreach (var node in book.Roles.Nodes)
        {
            var all = new Tally();
            foreach (var client in node.Leaf.Clients)
            {
                var held = new List<(AgentEntry Agent, ResourceSet Resources)>();
                foreach (var task in client.Framework.Tasks.Values)
                {
                    if (task.HoldsResources && string.Equals(task.Role, node.Path, StringComparison.Ordinal))
                    {
                        held.Add((task.Agent, task.Record.Resources));
                    }
                }

                foreach (var executor in client.Framework.Executors)
                {
                    if (string.Equals(executor.Role, node.Path, StringComparison.Ordinal))
                    {
                        held.Add((executor.Agent, executor.Record.Resources));
                    }
                }

                foreach (var offer in client.Framework.Offers)
                {
                    if (string.Equals(offer.Role, node.Path, StringComparison.Ordinal))
                    {
                        held.Add((offer.Agent, offer.Resources));
                    }
                }

                var own = new Tally();
                foreach (var (agent, resources) in held)
                {
                    own.Add(agent, resources);
                    all.Add(agent, resources);
                }

                Same(own.Totals, client.Allocated.ToQuantities(), $"share of {client.Framework.Id} in role {node.Path}");
            }

            Same(all.Totals, node.Leaf.Allocated.ToQuantities(), $"share of role {node.Path}");
        }
    }

    /// <summary>
    /// No offer stands while its role is above a limit. Only what happens to agents can lift a role above it,
    /// until the next allocation run takes offers back.
    /// </summary>
    private static void CheckQuotas(ClusterBook book)
    {
        if (book.Quotas.IsEmpty || book.Quotas.IsDisturbed)
        {
            return;
        }

        var held = RoleConsumption.Of(book, withOffers: true);
        var ledger = QuotaLedger.Take(book);
        foreach (var account in ledger.Accounts)
        {
            Same(held.GetValueOrDefault(account.Quota.Role) ?? new ScalarTotals(), account.Consumed.ToQuantities(), $"quota consumed by {account.Quota.Role}");
        }

        foreach (var (id, offer) in book.Offers)
        {
            Invariant.Check(!ledger.IsAboveLimit(offer), $"offer {id} stands although role {offer.Role} is above its quota limit");
        }
    }

    private static void Same(ScalarTotals expected, ResourceQuantities kept, string what)
    {
        var sum = expected.ToQuantities();
        Invariant.Check(sum.Equals(kept), $"{what}: the book says {kept}, the sum is {sum}");
    }

    /// <summary>Scalars of several agents; a shared volume counts once, whoever holds it how often.</summary>
    private sealed class Tally
    {
        private readonly HashSet<(AgentEntry Agent, string Role, string? Volume)> _shared = [];

        public ScalarTotals Totals { get; } = new();

        public void Add(AgentEntry agent, ResourceSet resources)
        {
            foreach (ref readonly var entry in resources.Entries)
            {
                if (entry.Kind == Value.Types.Type.Scalar
                    && (!entry.IsShared || _shared.Add((agent, entry.Role, entry.PersistenceId))))
                {
                    Totals.Add(entry.Name, entry.Millis);
                }
            }
        }
    }
}
