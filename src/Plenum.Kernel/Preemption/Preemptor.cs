using Plenum.Kernel.Allocation;
using Plenum.Kernel.Offers;
using Plenum.Kernel.Tasks;

namespace Plenum.Kernel.Preemption;

/// <summary>
/// Ends tasks of less important roles for more important ones that have waited long enough. What counts as
/// demand is only what says its size: wishes (REQUEST) and open guarantees of quota. Off while no role has a
/// priority. Looked at once an interval, with a bound on how many tasks one look may end.
/// </summary>
internal sealed class Preemptor(
    KernelContext context, ClusterBook book, OfferBook offers, TaskCalls calls, Allocator allocator)
{
    private readonly Dictionary<string, DateTimeOffset> _shortSince = new(StringComparer.Ordinal);
    private readonly WishTurns _turns = new();
    private DateTimeOffset _next;

    /// <summary>Needs no deadline of its own: where somebody waits for offers the allocator ticks.</summary>
    public void LookWhenDue()
    {
        if (book.Priorities.IsEmpty)
        {
            // Waiting counts from when it can lead to something.
            _shortSince.Clear();
            return;
        }

        if (context.Now < _next || allocator.IsHeld)
        {
            return;
        }

        _next = context.Now + context.Options.PreemptionInterval;
        Look();
    }

    private void Look()
    {
        // 1. What is being cleared for somebody, and what came to nothing.
        RenewClaims();

        // 2. Who waits, the most important and then the longest first.
        var demands = new List<(int Priority, DateTimeOffset Since, string Key, Func<PreemptionLook, bool> Serve)>();
        var look = new PreemptionLook(context, book);
        AddWishes(demands, look.Lowest);
        AddShortGuarantees(demands, look);
        demands.Sort(static (left, right) =>
        {
            var order = right.Priority.CompareTo(left.Priority);
            order = order != 0 ? order : left.Since.CompareTo(right.Since);
            return order != 0 ? order : string.CompareOrdinal(left.Key, right.Key);
        });

        // 3. Each gets what the look still may end.
        foreach (var demand in demands)
        {
            if (look.Left <= 0)
            {
                break;
            }

            if (demand.Serve(look))
            {
                Execute(look);
            }
        }

        if (!look.IsSpent)
        {
            _turns.NewRound();
        }
    }

    /// <summary>
    /// A task may take longer to end than a claim lasts: what else is free of its agent waits for it. Not for tasks that
    /// end for another reason, a guarantee or another wish among them, or an agent where somebody always ends something would
    /// be kept without end.
    /// </summary>
    private void RenewClaims()
    {
        foreach (var (id, claim) in book.Claims.ToList())
        {
            if (claim.IsWanted
                && book.FindAgent(id) is { } agent
                && agent.Tasks.Exists(task =>
                    task is { PreemptedFor: not null, HoldsResources: true } && ReferenceEquals(task.EndsForWish, claim.Wish)))
            {
                book.Claims[id] = claim with { Until = context.Now + context.Options.ClaimTimeout };
            }
            else if (!claim.Stands(context.Now))
            {
                book.Claims.Remove(id);
            }
        }
    }

    private void AddWishes(
        List<(int Priority, DateTimeOffset Since, string Key, Func<PreemptionLook, bool> Serve)> demands, int lowest)
    {
        var served = new HashSet<ResourceWish>(book.Claims.Values.Select(static claim => claim.Wish), ReferenceEqualityComparer.Instance);
        var standing = new HashSet<ResourceWish>(ReferenceEqualityComparer.Instance);
        foreach (var framework in book.Frameworks.Values)
        {
            foreach (var wish in framework.Wishes)
            {
                standing.Add(wish);
                if (context.Now - wish.Since >= context.Options.PreemptionDelay
                    && framework.Clients.GetValueOrDefault(wish.Role) is { Active: true } client
                    && book.Priorities.Of(wish.Role) is var priority && priority > lowest
                    && !served.Contains(wish) && !_turns.HadTurn(wish))
                {
                    demands.Add((priority, wish.Since, framework.Id.Value, look => look.PlanWish(client, wish, priority, _turns)));
                }
            }
        }

        _turns.ForgetAllBut(standing);
    }

    private void AddShortGuarantees(
        List<(int Priority, DateTimeOffset Since, string Key, Func<PreemptionLook, bool> Serve)> demands, PreemptionLook look)
    {
        var isShort = new HashSet<string>(StringComparer.Ordinal);
        foreach (var account in look.Accounts)
        {
            var role = account.Quota.Role;
            if (book.Roles.Find(role) is not { ActiveInSubtree: > 0 } node || look.ShortOf(account).IsZero)
            {
                continue;
            }

            isShort.Add(role);
            if (!_shortSince.TryGetValue(role, out var since))
            {
                _shortSince.Add(role, since = context.Now);
            }

            if (context.Now - since >= context.Options.PreemptionDelay)
            {
                var priority = book.Priorities.Of(role);
                demands.Add((priority, since, role, plan => plan.PlanGuarantee(account, node, priority)));
            }
        }

        foreach (var role in _shortSince.Keys.Where(role => !isShort.Contains(role)).ToList())
        {
            _shortSince.Remove(role);
        }
    }

    private void Execute(PreemptionLook look)
    {
        foreach (var offer in look.TakenOffers)
        {
            offers.Rescind(offer);
            allocator.Request(offer.Agent);
        }

        foreach (var task in look.Victims)
        {
            task.KillRequested = true;
            task.PreemptedFor = look.Reason;
            task.EndsForWish = look.Claim?.Claim.Wish;
            calls.SendKill(task);
            context.Counters.TasksPreempted++;
            context.Note($"Task {task.Id} of {task.Framework.Id} on {task.Agent.Id} ends: {look.Reason}");
        }

        if (look.Claim is { } claim)
        {
            book.Claims[claim.Agent] = claim.Claim;
            claim.Claim.Client.Filters.Forget(claim.Agent);
        }

        look.Done();
    }
}
