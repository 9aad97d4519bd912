using Plenum.Protocol.Identity;
using Plenum.Protocol.V1;
using DiskInfo = Plenum.Protocol.V1.Resource.Types.DiskInfo;
using DiskSourceType = Plenum.Protocol.V1.Resource.Types.DiskInfo.Types.Source.Types.Type;
using ReservationType = Plenum.Protocol.V1.Resource.Types.ReservationInfo.Types.Type;

namespace Plenum.Protocol.Resources;

/// <summary>What a list of resources from outside must fulfil before anybody counts with it.</summary>
internal static class ResourceRules
{
    /// <summary>An agent with a few hundred volumes is large; a list beyond this is an attack or a bug.</summary>
    internal const int MaxResources = 10_000;

    /// <summary>Labels, ranges and items each: far above any real use, far below what stalls the kernel.</summary>
    internal const int MaxElements = 100_000;

    internal static string? Check(IEnumerable<Resource> resources)
    {
        var count = 0;
        foreach (var resource in resources)
        {
            if (++count > MaxResources)
            {
                return $"More than {MaxResources} resources";
            }

            if (Check(resource) is { } error)
            {
                return error;
            }
        }

        return null;
    }

    private static string? Check(Resource resource) =>
        string.IsNullOrEmpty(resource.Name) ? "A resource has an empty name"
        : CheckValue(resource)
            ?? CheckReservations(resource)
            ?? CheckDisk(resource)
            ?? CheckFlags(resource);

    private static string? CheckValue(Resource resource)
    {
        var name = resource.Name;
        var isMixed = (resource.Scalar is not null ? 1 : 0) + (resource.Ranges is not null ? 1 : 0) + (resource.Set is not null ? 1 : 0) > 1;
        return resource.Type switch
        {
            _ when isMixed => $"Resource '{name}' has values of several types",
            Value.Types.Type.Scalar => resource.Scalar is null ? $"Resource '{name}' is a scalar without a value" : CheckScalar(name, resource.Scalar.Value),
            Value.Types.Type.Ranges => resource.Ranges is null ? $"Resource '{name}' is of type RANGES without ranges" : CheckRanges(name, resource.Ranges),
            Value.Types.Type.Set => resource.Set is null ? $"Resource '{name}' is of type SET without a set" : CheckSet(name, resource.Set),
            _ => $"Resource '{name}' has the type {resource.Type}, which only attributes may have",
        };
    }

    private static string? CheckScalar(string name, double value)
    {
        if (!double.IsFinite(value) || value > ResourceWire.MaxScalar)
        {
            return $"Resource '{name}' has the amount {value}, which is not a number up to {ResourceWire.MaxScalar}";
        }

        if (value < 0)
        {
            return $"Resource '{name}' has the negative amount {value}";
        }

        return value > 0 && ResourceWire.ToMillis(value, name) == 0
            ? $"Resource '{name}' has the amount {value}, below the granularity of 0.001"
            : null;
    }

    private static string? CheckRanges(string name, Value.Types.Ranges ranges)
    {
        if (ranges.Range.Count > MaxElements)
        {
            return $"Resource '{name}' has more than {MaxElements} ranges";
        }

        foreach (var range in ranges.Range)
        {
            if (range.Begin > range.End)
            {
                return $"Resource '{name}': range {range.Begin}-{range.End} ends before it begins";
            }
        }

        if (ranges.Range.Count < 2)
        {
            return null;
        }

        var sorted = ranges.Range.OrderBy(r => r.Begin).ToList();
        for (var i = 1; i < sorted.Count; i++)
        {
            if (sorted[i].Begin <= sorted[i - 1].End)
            {
                return $"Resource '{name}': ranges {sorted[i - 1].Begin}-{sorted[i - 1].End} and "
                    + $"{sorted[i].Begin}-{sorted[i].End} overlap";
            }
        }

        return null;
    }

    private static string? CheckSet(string name, Value.Types.Set set)
    {
        if (set.Item.Count > MaxElements)
        {
            return $"Resource '{name}' has more than {MaxElements} items";
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        return set.Item.FirstOrDefault(item => !seen.Add(item)) is { } repeated
            ? $"Resource '{name}': item '{repeated}' is listed twice"
            : null;
    }

    private static string? CheckReservations(Resource resource)
    {
        if (ResourceWire.CheckFormat(resource) is { } error)
        {
            return error;
        }

        if (resource.Reservations.Count == 0)
        {
            return resource.HasRole && RoleName.Validate(resource.Role) is { } roleError ? roleError
                : resource.Reservation is not null && resource.Revocable is not null ? DynamicRevocable(resource)
                : null;
        }

        for (var i = 0; i < resource.Reservations.Count; i++)
        {
            var level = resource.Reservations[i];
            if (!level.HasType || level.Type == ReservationType.Unknown || !level.HasRole)
            {
                return $"Resource '{resource.Name}': every entry of 'reservations' needs a type and a role";
            }

            if (string.Equals(level.Role, RoleName.Default, StringComparison.Ordinal))
            {
                return $"Resource '{resource.Name}': nothing can be reserved to role '*'";
            }

            if (RoleName.Validate(level.Role) is { } roleError)
            {
                return roleError;
            }

            if (level.Type == ReservationType.Dynamic && resource.Revocable is not null)
            {
                return DynamicRevocable(resource);
            }

            if (i > 0 && level.Type != ReservationType.Dynamic)
            {
                return $"Resource '{resource.Name}': only the first of several reservations may be static";
            }

            if (i > 0 && !RoleName.IsStrictChild(level.Role, resource.Reservations[i - 1].Role))
            {
                return $"Resource '{resource.Name}': a reservation for '{level.Role}' cannot refine one for "
                    + $"'{resource.Reservations[i - 1].Role}'";
            }
        }

        return null;
    }

    private static string DynamicRevocable(Resource resource) =>
        $"Resource '{resource.Name}' is revocable and cannot be reserved dynamically";

    private static string? CheckDisk(Resource resource)
    {
        if (resource.Disk is not { } disk)
        {
            return null;
        }

        if (!string.Equals(resource.Name, "disk", StringComparison.Ordinal) || resource.Type != Value.Types.Type.Scalar)
        {
            return $"Resource '{resource.Name}' carries disk information, which only scalar 'disk' resources may";
        }

        if (CheckSource(disk.Source) is { } error)
        {
            return error;
        }

        if (disk.Persistence is not { } persistence)
        {
            return disk.Volume is not null ? "A volume that is not persistent is not supported in resources"
                : disk.Source is null ? "Disk information is set but empty"
                : null;
        }

        if (resource.Revocable is not null)
        {
            return "A persistent volume cannot live on revocable disk";
        }

        if (resource.Reservations.Count == 0 && (!resource.HasRole || string.Equals(resource.Role, RoleName.Default, StringComparison.Ordinal)))
        {
            return "A persistent volume needs reserved disk";
        }

        return IdSyntax.Validate(persistence.Id) is { } idError ? $"Persistence: {idError}" : CheckVolume(disk);
    }

    private static string? CheckVolume(DiskInfo disk) => disk.Volume switch
    {
        null => "A persistent volume needs 'volume' to be set",
        { HasHostPath: true } => "A persistent volume must not name a host path",
        { ContainerPath: "" } => "A persistent volume needs a container path",
        _ => null,
    };

    private static string? CheckSource(DiskInfo.Types.Source? source)
    {
        if (source is null)
        {
            return null;
        }

        var hasRoots = source.Path is not null || source.Mount is not null;
        return source.Type switch
        {
            DiskSourceType.Path => source.Mount is not null ? "A disk source of type PATH must not set 'mount'" : null,
            DiskSourceType.Mount => source.Path is not null ? "A disk source of type MOUNT must not set 'path'" : null,
            DiskSourceType.Block or DiskSourceType.Raw => hasRoots
                ? "A disk source of type BLOCK or RAW must set neither 'path' nor 'mount'"
                : null,
            _ => "A disk source has an unknown type",
        };
    }

    private static string? CheckFlags(Resource resource)
    {
        if (resource.Shared is not null && resource.Disk?.Persistence is null)
        {
            return $"Resource '{resource.Name}' is shared, which only persistent volumes can be";
        }

        return resource.AllocationInfo is { HasRole: true } allocation ? RoleName.Validate(allocation.Role) : null;
    }
}
