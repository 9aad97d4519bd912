using System.Diagnostics.CodeAnalysis;
using Google.Protobuf.Collections;
using Plenum.Kernel.Frameworks;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Operation = Plenum.Protocol.V1.Offer.Types.Operation;

namespace Plenum.Kernel.Operations;

/// <summary>
/// The one form in which operations are kept: resources in the refined format. Clients of either format, and
/// those that leave the allocation role out, are understood.
/// </summary>
internal static class OperationWire
{
    /// <summary>
    /// A copy whose resources carry <paramref name="allocationRole"/> where they carry none; null takes the
    /// role off. False for resources that no rule of a single operation can be asked about.
    /// </summary>
    public static bool TryNormalise(
        Operation operation,
        string? allocationRole,
        [NotNullWhen(true)] out Operation? normal,
        [NotNullWhen(false)] out string? error)
    {
        normal = operation.Clone();
        foreach (var list in ListsOf(normal))
        {
            if ((error = ResourceSet.Validate(list)) is not null)
            {
                return false;
            }

            for (var i = 0; i < list.Count; i++)
            {
                list[i] = Normalise(list[i], allocationRole);
            }
        }

        error = NormaliseSingles(normal, allocationRole);
        return error is null;
    }

    /// <summary>As the agent gets it: nothing there is allocated to anybody.</summary>
    public static Operation WithoutAllocation(Operation normal)
    {
        var bare = normal.Clone();
        foreach (var list in ListsOf(bare))
        {
            foreach (var resource in list)
            {
                resource.AllocationInfo = null;
            }
        }

        foreach (var single in SinglesOf(bare))
        {
            single.AllocationInfo = null;
        }

        return bare;
    }

    /// <summary>
    /// Whose resources the operation is about: null for the agent's own. False when they are not all one
    /// provider's, since nobody could carry that out as one.
    /// </summary>
    public static bool TryFindProvider(Operation operation, out string? provider)
    {
        provider = null;
        var isFirst = true;
        foreach (var resource in ListsOf(operation).SelectMany(static list => list).Concat(SinglesOf(operation)))
        {
            if (!isFirst && !string.Equals(provider, resource.ProviderId?.Value, StringComparison.Ordinal))
            {
                return false;
            }

            provider = resource.ProviderId?.Value;
            isFirst = false;
        }

        return true;
    }

    /// <summary>What an agent made, in the words that the framework understands.</summary>
    public static OperationStatus For(FrameworkEntry framework, OperationStatus status)
    {
        if (framework.Capabilities.ReservationRefinement || status.ConvertedResources.Count == 0)
        {
            return status;
        }

        var older = status.Clone();
        older.ConvertedResources.Clear();
        older.ConvertedResources.AddRange(
            ResourceSet.FromWire(status.ConvertedResources).WithoutRefined.ToWire(ReservationFormat.PreRefinement));
        return older;
    }

    private static string? NormaliseSingles(Operation operation, string? allocationRole)
    {
        foreach (var single in SinglesOf(operation))
        {
            if (ResourceSet.Validate([single]) is { } error)
            {
                return error;
            }

            if (ResourceSet.FromWire([single]).IsEmpty)
            {
                return $"Resource '{single.Name}' is nothing";
            }

            var normal = Normalise(single, allocationRole);
            single.ClearRole();
            single.Reservation = null;
            single.Reservations.Clear();
            single.Reservations.AddRange(normal.Reservations);
            single.AllocationInfo = normal.AllocationInfo;
        }

        return null;
    }

    private static Resource Normalise(Resource resource, string? allocationRole)
    {
        var set = ResourceSet.FromWire([resource]);
        set = allocationRole is null ? set.Unallocated : set.WithAllocationWhereMissing(allocationRole);
        return set.IsEmpty ? resource : set.ToWire()[0];
    }

    private static IEnumerable<RepeatedField<Resource>> ListsOf(Operation operation)
    {
        if (operation.Reserve is { } reserve)
        {
            yield return reserve.Source;
            yield return reserve.Resources;
        }

        if (operation.Unreserve is { } unreserve)
        {
            yield return unreserve.Resources;
        }

        if (operation.Create is { } create)
        {
            yield return create.Volumes;
        }

        if (operation.Destroy is { } destroy)
        {
            yield return destroy.Volumes;
        }
    }

    private static IEnumerable<Resource> SinglesOf(Operation operation)
    {
        if (operation.GrowVolume is { } grow)
        {
            yield return grow.Volume;
            yield return grow.Addition;
        }

        if (operation.ShrinkVolume is { } shrink)
        {
            yield return shrink.Volume;
        }

        if (operation.CreateDisk is { } createDisk)
        {
            yield return createDisk.Source;
        }

        if (operation.DestroyDisk is { } destroyDisk)
        {
            yield return destroyDisk.Source;
        }
    }
}
