using Plenum.Kernel.Frameworks;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Preemption;

/// <summary>
/// REQUEST. Mesos takes it and does nothing; here it is how a framework tells the size of what it waits for,
/// which no refusal does. It changes no order: only who has a higher priority can get more by it than by
/// waiting.
/// </summary>
internal sealed class WishDesk(KernelContext context)
{
    /// <summary>Wishes of one framework; each is compared with its offers.</summary>
    private const int MaxWishes = 100;

    /// <summary>The list replaces the one before; an empty one takes all wishes back.</summary>
    public void Request(FrameworkEntry framework, IReadOnlyList<Request> requests)
    {
        var before = new List<ResourceWish>(framework.Wishes);
        var wishes = new List<ResourceWish>(Math.Min(requests.Count, MaxWishes));
        foreach (var request in requests)
        {
            var error = wishes.Count < MaxWishes
                ? Read(framework, request, before, wishes)
                : $"more than {MaxWishes} requests";
            if (error is not null)
            {
                context.Note($"REQUEST of {framework.Id} dropped: {error}");
                return;
            }
        }

        framework.Wishes.Clear();
        framework.Wishes.AddRange(wishes);
    }

    private string? Read(FrameworkEntry framework, Request request, List<ResourceWish> before, List<ResourceWish> wishes)
    {
        if (ResourceSet.Validate(request.Resources) is { } error)
        {
            return error;
        }

        var resources = ResourceSet.FromWire(request.Resources);
        var roles = resources.AllocationRoles;
        var role = roles.Count > 0 ? roles[0] : framework.Roles.Count > 0 ? framework.Roles[0] : RoleName.Default;
        if (resources.IsEmpty || roles.Count > 1 || !framework.HasRole(role))
        {
            return "each request needs resources of one role of the framework";
        }

        if ((roles.Count == 0 && framework.Roles.Count > 1) || !resources.Reserved.IsEmpty || !resources.Revocable.IsEmpty)
        {
            return "a request names plain resources, with their allocation role when the framework has several";
        }

        var wish = new ResourceWish(
            role, request.AgentId is { } agent ? (AgentId)agent : (AgentId?)null, resources.Quantities, context.Now);

        // Said again it is the same wish: it has waited since the first time, and what is being cleared for it stays its own.
        var known = before.FindIndex(old => old == wish with { Since = old.Since });
        if (known >= 0)
        {
            wish = before[known];
            before.RemoveAt(known);
        }

        wishes.Add(wish);
        return null;
    }
}
