using Plenum.Kernel.Offers;
using Plenum.Kernel.Operators;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Allocation;

/// <summary>UPDATE_WEIGHTS: what a role's share counts for among its siblings.</summary>
internal sealed class WeightDesk(KernelContext context, ClusterBook book, OfferBook offers, Allocator allocator)
{
    /// <summary>Roles with a weight of their own. Each is an entry of the registry and a line of every listing.</summary>
    private const int MaxWeights = 10_000;

    public OperatorRefusal? Update(IReadOnlyList<WeightInfo> weights)
    {
        var named = new HashSet<string>(StringComparer.Ordinal);
        var added = 0;
        foreach (var weight in weights)
        {
            if (!weight.HasRole || weight.Role.Length == 0)
            {
                return OperatorRefusal.Invalid("A weight needs a role");
            }

            if (RoleName.Validate(weight.Role) is { } error)
            {
                return OperatorRefusal.Invalid(error);
            }

            if (!double.IsFinite(weight.Weight) || weight.Weight <= 0)
            {
                return OperatorRefusal.Invalid($"The weight of role '{weight.Role}' must be a number above 0");
            }

            if (!named.Add(weight.Role))
            {
                return OperatorRefusal.Invalid($"Role '{weight.Role}' is listed twice");
            }

            added += book.Roles.Weights.ContainsKey(weight.Role) ? 0 : 1;
        }

        if (book.Roles.Weights.Count + added > MaxWeights)
        {
            return OperatorRefusal.Invalid($"At most {MaxWeights} roles may have a weight of their own");
        }

        var isFelt = false;
        foreach (var weight in weights)
        {
            context.Write(weight);
            isFelt |= book.Roles.SetWeight(weight.Role, weight.Weight);
        }

        // As in Mesos: what is offered now was divided by the old weights.
        if (isFelt)
        {
            offers.RescindAll();
            allocator.RequestAll();
        }

        return null;
    }
}
