using Plenum.Kernel.Agents;
using Plenum.Kernel.Allocation;
using Plenum.Kernel.Frameworks;
using Plenum.Kernel.Operations;
using Plenum.Kernel.Tasks;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Operation = Plenum.Protocol.V1.Offer.Types.Operation;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;

namespace Plenum.Kernel.Offers;

/// <summary>ACCEPT, DECLINE, REVIVE and SUPPRESS.</summary>
internal sealed class OfferCalls(
    KernelContext context,
    ClusterBook book,
    OfferBook offers,
    Allocator allocator,
    TaskBook tasks,
    StatusSender sender,
    OperationBook operations,
    OperationUpdates operationUpdates)
{
    public void Accept(FrameworkEntry framework, Call.Types.Accept accept)
    {
        // 1. The list of offers is right as a whole or not at all.
        var accepted = AcceptedOffers.Find(framework, book, accept.OfferIds);
        if (accepted.Error is { } error)
        {
            foreach (var offer in accepted.Valid)
            {
                offers.Recover(offer);
            }

            Drop(framework, accept, error);
            return;
        }

        book.Roles.SetLate(framework, false);

        // 2. All offers become one pool.
        var (agent, role) = (accepted.Agent, accepted.Role);
        var pool = accepted.Sum();
        foreach (var offer in accepted.Valid)
        {
            offers.TakeInHand(offer);
        }

        // 3. Operations in order, each against what the ones before left.
        var launch = new LaunchRun(context, book, tasks, sender, framework, agent, role, pool);
        var changes = new OperationRun(offers, operations, operationUpdates, framework, agent, role, launch);
        foreach (var operation in accept.Operations)
        {
            switch (operation.Type)
            {
                case Operation.Types.Type.Launch when operation.Launch is not null:
                    launch.Launch(operation);
                    break;
                case Operation.Types.Type.LaunchGroup when operation.LaunchGroup is not null:
                    launch.LaunchGroup(operation);
                    break;
                default:
                    changes.Perform(operation);
                    break;
            }
        }

        // 4. The remainder goes back.
        GiveBack(framework, agent, role, pool, launch.Remainder + launch.Withheld, accept.Filters);
    }

    /// <summary>Unknown offers are passed over: they ended while the call was on its way.</summary>
    public void Decline(FrameworkEntry framework, Call.Types.Decline decline)
    {
        book.Roles.SetLate(framework, false);
        var time = RefusalTime.Of(decline.Filters, context.Options.AllocationInterval);
        foreach (var id in decline.OfferIds)
        {
            if (!book.Offers.TryGetValue(id, out var offer) || offer.Framework != framework)
            {
                continue;
            }

            if (time is { } refused)
            {
                book.Roles.Client(framework, offer.Role).Filters
                    .Refuse(offer.Agent.Id, offer.Resources.Unallocated, context.Now + refused);
            }

            offers.Recover(offer);
        }
    }

    public void Revive(FrameworkEntry framework, IReadOnlyList<string> roles)
    {
        if (!AreOwn(framework, roles, "REVIVE"))
        {
            return;
        }

        foreach (var role in roles.Count == 0 ? framework.Roles : roles)
        {
            framework.SuppressedRoles.Remove(role);
            var client = book.Roles.Client(framework, role);
            client.Filters.Clear();
            book.Roles.SetActive(client, framework.Active);
        }

        framework.InverseFilters.Clear();
        framework.Touch();
        allocator.RequestAll();
    }

    public void Suppress(FrameworkEntry framework, IReadOnlyList<string> roles)
    {
        if (!AreOwn(framework, roles, "SUPPRESS"))
        {
            return;
        }

        foreach (var role in roles.Count == 0 ? framework.Roles : roles)
        {
            framework.SuppressedRoles.Add(role);
            book.Roles.SetActive(book.Roles.Client(framework, role), false);
        }

        framework.Touch();
    }

    /// <summary>
    /// What was only left over is refused like a declined offer; what operations made is not, so that the
    /// framework sees it at once.
    /// </summary>
    private void GiveBack(
        FrameworkEntry framework, AgentEntry agent, string role, ResourceSet pool, ResourceSet rest, Filters? filters)
    {
        if (rest.IsEmpty)
        {
            return;
        }

        var made = rest - pool;
        var leftOver = rest - made;
        if (!leftOver.IsEmpty && RefusalTime.Of(filters, context.Options.AllocationInterval) is { } time)
        {
            book.Roles.Client(framework, role).Filters.Refuse(agent.Id, leftOver.Unallocated, context.Now + time);
        }

        agent.ReturnFromHand(rest);
        book.Roles.Unallocate(framework, agent, role, rest);
        if (!made.IsEmpty)
        {
            allocator.Request(agent);
        }
    }

    // One strange role drops the whole call.
    private bool AreOwn(FrameworkEntry framework, IReadOnlyList<string> roles, string call)
    {
        foreach (var role in roles)
        {
            if (!framework.HasRole(role))
            {
                context.Note($"{call} of {framework.Id} dropped: '{role}' is not one of its roles");
                return false;
            }
        }

        return true;
    }

    private void Drop(FrameworkEntry framework, Call.Types.Accept accept, string error)
    {
        foreach (var operation in accept.Operations)
        {
            IEnumerable<TaskInfo>? lost = operation.Type switch
            {
                Operation.Types.Type.Launch => operation.Launch?.TaskInfos,
                Operation.Types.Type.LaunchGroup => operation.LaunchGroup?.TaskGroup.Tasks,
                _ => null,
            };
            if (lost is null)
            {
                operationUpdates.Refuse(framework, operation, null, error);
                continue;
            }

            foreach (var task in lost)
            {
                sender.Send(framework, new MasterUpdate(
                    task.TaskId, TaskState.TaskDropped, Reason.InvalidOffers, $"Task launched with invalid offers: {error}")
                {
                    Agent = task.AgentId,
                });
                context.Counters.TasksDropped++;
            }
        }
    }
}
