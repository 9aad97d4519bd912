using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using AgentCapability = Plenum.Protocol.V1.AgentInfo.Types.Capability.Types.Type;
using FrameworkCapability = Plenum.Protocol.V1.FrameworkInfo.Types.Capability.Types.Type;
using OperationType = Plenum.Protocol.V1.Offer.Types.Operation.Types.Type;

namespace Plenum.Kernel.Validation;

/// <summary>
/// Rules of the operations that change reservations, volumes and disks. Whether the pool holds what they
/// consume is the arithmetic's matter (<see cref="ResourceConversion"/>).
/// </summary>
internal static class OperationValidation
{
    /// <summary>
    /// Null, or the first rule that is broken. Operations that Plenum does not carry out are refused by
    /// name, so that a framework never waits for a result.
    /// </summary>
    internal static string? Validate(Offer.Types.Operation operation, OperationContext context) =>
        ValidateFeedback(operation, context)
        ?? operation.Type switch
        {
            OperationType.Reserve => operation.Reserve is { } reserve ? Reserve(reserve, context) : Missing("reserve"),
            OperationType.Unreserve => operation.Unreserve is { } unreserve ? Unreserve(unreserve.Resources) : Missing("unreserve"),
            OperationType.Create => operation.Create is { } create ? Create(create.Volumes, context) : Missing("create"),
            OperationType.Destroy => operation.Destroy is { } destroy ? Destroy(destroy.Volumes, context) : Missing("destroy"),
            OperationType.GrowVolume => operation.GrowVolume is { } grow ? Grow(grow, context) : Missing("grow_volume"),
            OperationType.ShrinkVolume => operation.ShrinkVolume is { } shrink ? Shrink(shrink, context) : Missing("shrink_volume"),

            OperationType.CreateDisk => operation.CreateDisk is { } create ? DiskValidation.Create(create) : Missing("create_disk"),
            OperationType.DestroyDisk => operation.DestroyDisk is { } destroy ? DiskValidation.Destroy(destroy) : Missing("destroy_disk"),
            _ => $"Operation {operation.Type} is not supported on agent resources",
        };

    /// <summary>
    /// Who may ask for operation feedback by giving an id. Mesos also demands RESOURCE_PROVIDER of the agent, by
    /// which it means its own message formats: an agent of Plenum always understands those.
    /// </summary>
    internal static string? ValidateFeedback(Offer.Types.Operation operation, OperationContext context)
    {
        if (operation.Id is null)
        {
            return null;
        }

        if (operation.Type is OperationType.Launch or OperationType.LaunchGroup)
        {
            return "Operation 'id' must not be set on LAUNCH and LAUNCH_GROUP";
        }

        return Protocol.Identity.IdSyntax.Validate(operation.Id.Value) is { } error ? $"Operation ID is invalid: {error}"
            : !Has(context, AgentCapability.AgentOperationFeedback) ? "The agent does not support operation feedback"
            : null;
    }

    private static string? Reserve(Offer.Types.Operation.Types.Reserve reserve, OperationContext context)
    {
        if (ReadAll(reserve.Resources, "RESERVE", out var resources) is { } error)
        {
            return error;
        }

        if (context.Framework is not null && reserve.Source.Count > 0)
        {
            return "'source' of RESERVE can be used through the operator API only";
        }

        if (reserve.Source.Count > 0 && ValidateSource(reserve, resources) is { } sourceError)
        {
            return sourceError;
        }

        foreach (ref readonly var entry in resources.Entries)
        {
            if (Reserve(entry, context) is { } entryError)
            {
                return entryError;
            }
        }

        return null;
    }

    // Reserving anew may change reservations and nothing else.
    private static string? ValidateSource(Offer.Types.Operation.Types.Reserve reserve, ResourceSet resources)
    {
        if (ReadAll(reserve.Source, "The source of RESERVE", out var source) is { } error)
        {
            return error;
        }

        foreach (ref readonly var entry in source.Entries)
        {
            if (entry.IsPersistentVolume || (!entry.IsUnreserved && !entry.IsDynamicallyReserved))
            {
                return $"Resource '{entry.Name}' of the source is a persistent volume or statically reserved";
            }
        }

        return ResourceConversion.WithoutDynamicReservations(source)
            .Equals(ResourceConversion.WithoutDynamicReservations(resources))
                ? null
                : "The source of RESERVE and its resources differ in more than their reservations";
    }

    private static string? Reserve(in ResourceEntry entry, OperationContext context)
    {
        if (!entry.IsDynamicallyReserved)
        {
            return $"Resource '{entry.Name}' is not dynamically reserved";
        }

        if (entry.IsRevocable || entry.IsPersistentVolume)
        {
            return $"Resource '{entry.Name}' is revocable or a persistent volume and cannot be reserved";
        }

        if (context.Framework is { } framework)
        {
            if (context.AllocationRole is { } allocated && !string.Equals(entry.Role, allocated, StringComparison.Ordinal))
            {
                return $"A reservation for role '{entry.Role}' cannot be made from an offer to role '{allocated}'";
            }

            if (!FrameworkValidation.RolesOf(framework).Contains(entry.Role, StringComparer.Ordinal))
            {
                return $"Role '{entry.Role}' is not one of the framework's roles";
            }
        }

        if (context.Principal is { } caller
            && !string.Equals(entry.Reservations[^1].Principal, caller, StringComparison.Ordinal))
        {
            return $"The reservation must carry the principal '{caller}' of its maker";
        }

        if (entry.IsRefined && !Has(context, AgentCapability.ReservationRefinement))
        {
            return "The agent does not support refined reservations";
        }

        return entry.Role.Contains('/', StringComparison.Ordinal) && !Has(context, AgentCapability.HierarchicalRole)
            ? "The agent does not support hierarchical roles"
            : null;
    }

    private static string? Unreserve(IReadOnlyList<Resource> wire)
    {
        if (ReadAll(wire, "UNRESERVE", out var resources) is { } error)
        {
            return error;
        }

        foreach (ref readonly var entry in resources.Entries)
        {
            if (!entry.IsDynamicallyReserved)
            {
                return $"Resource '{entry.Name}' is not dynamically reserved";
            }

            if (entry.IsPersistentVolume)
            {
                return $"Persistent volume '{entry.PersistenceId}' must be destroyed before its disk is unreserved";
            }
        }

        return null;
    }

    private static string? Create(IReadOnlyList<Resource> volumes, OperationContext context)
    {
        if (ReadAll(volumes, "CREATE", out _) is { } error)
        {
            return error;
        }

        var taken = new HashSet<(string Role, string? Id)>();
        foreach (ref readonly var entry in context.AgentTotal.Entries)
        {
            if (entry.IsPersistentVolume)
            {
                taken.Add((entry.Role, entry.PersistenceId));
            }
        }

        foreach (var volume in volumes)
        {
            if (Create(volume, context, taken) is { } volumeError)
            {
                return volumeError;
            }
        }

        return null;
    }

    private static string? Create(Resource volume, OperationContext context, HashSet<(string Role, string? Id)> taken)
    {
        if (volume.Disk?.Persistence is not { } persistence)
        {
            return $"Resource '{volume.Name}' is not a persistent volume";
        }

        if (volume.Disk.Volume is not { Mode: Volume.Types.Mode.Rw })
        {
            return $"Persistent volume '{persistence.Id}' must be created with mode RW";
        }

        // Reservation stack or older format: reading it gives the effective role either way.
        var role = ResourceSet.FromWire([volume]).Entries[0].Role;
        if (!taken.Add((role, persistence.Id)))
        {
            return $"Persistence ID '{persistence.Id}' is already used by role '{role}' on this agent";
        }

        if (context.Principal is { } caller && !string.Equals(persistence.Principal, caller, StringComparison.Ordinal))
        {
            return $"Persistent volume '{persistence.Id}' must carry the principal '{caller}' of its maker";
        }

        return volume.Shared is not null
            && context.Framework is { } framework
            && !FrameworkValidation.Has(framework, FrameworkCapability.SharedResources)
            ? "A shared persistent volume needs the SHARED_RESOURCES capability"
            : null;
    }

    private static string? Destroy(IReadOnlyList<Resource> volumes, OperationContext context)
    {
        if (ReadAll(volumes, "DESTROY", out var resources) is { } error)
        {
            return error;
        }

        var existing = context.AgentTotal.Unallocated;
        var inUse = context.InUse.Unallocated;
        foreach (ref readonly var entry in resources.Unallocated.Entries)
        {
            if (!entry.IsPersistentVolume)
            {
                return $"Resource '{entry.Name}' is not a persistent volume";
            }

            if (!HasVolume(existing, entry))
            {
                return $"Persistent volume '{entry.PersistenceId}' does not exist on this agent";
            }

            if (HasVolume(inUse, entry))
            {
                return $"Persistent volume '{entry.PersistenceId}' is in use";
            }
        }

        return null;
    }

    private static string? Grow(Offer.Types.Operation.Types.GrowVolume grow, OperationContext context)
    {
        if (Resize(grow.Volume, context, out var volume) is { } error)
        {
            return error;
        }

        if (ReadAll([grow.Addition], "GROW_VOLUME", out var addition) is { } additionError)
        {
            return additionError;
        }

        var plain = ResourceConversion.Destroy(volume).Converted;
        return addition.Entries.Length == 1 && addition.Entries[0].HasSameIdentity(plain.Entries[0])
            ? null
            : "'addition' is not disk of the volume's own kind: reservations and disk source must be the same";
    }

    private static string? Shrink(Offer.Types.Operation.Types.ShrinkVolume shrink, OperationContext context)
    {
        if (Resize(shrink.Volume, context, out var volume) is { } error)
        {
            return error;
        }

        var subtract = Math.Round(shrink.Subtract.Value * 1000);
        return double.IsFinite(subtract) && subtract > 0 && subtract < volume.Entries[0].Millis
            ? null
            : "'subtract' must be above zero and below the size of the volume";
    }

    private static string? Resize(Resource wire, OperationContext context, out ResourceSet volume)
    {
        if (ReadAll([wire], "The resize of a volume", out volume) is { } error)
        {
            return error;
        }

        ref readonly var entry = ref volume.Entries[0];
        return !Has(context, AgentCapability.ResizeVolume) ? "The agent does not support the resizing of volumes"
            : !entry.IsPersistentVolume ? $"Resource '{entry.Name}' is not a persistent volume"
            : entry.IsShared ? "A shared persistent volume cannot be resized"
            : entry.ProviderId is not null ? "A volume of a resource provider cannot be resized"
            : ResourceConversion.Destroy(volume).Converted.Entries[0].IsIndivisible
                ? "A volume on a disk of type MOUNT or BLOCK is the whole disk and cannot be resized"
            : null;
    }

    private static bool HasVolume(ResourceSet resources, ResourceEntry volume)
    {
        foreach (ref readonly var entry in resources.Entries)
        {
            if (entry.HasSameIdentity(volume))
            {
                return true;
            }
        }

        return false;
    }

    private static string? ReadAll(IReadOnlyList<Resource> wire, string operation, out ResourceSet resources)
    {
        resources = ResourceSet.Empty;
        if (wire.Count == 0)
        {
            return $"{operation} names no resources";
        }

        if (ResourceSet.Validate(wire) is { } error)
        {
            return $"{operation} names invalid resources: {error}";
        }

        resources = ResourceSet.FromWire(wire);
        return resources.IsEmpty ? $"{operation} names no resources" : null;
    }

    private static bool Has(OperationContext context, AgentCapability capability) =>
        context.AgentCapabilities.Contains(capability);

    private static string Missing(string field) => $"The operation needs its '{field}' field";
}
