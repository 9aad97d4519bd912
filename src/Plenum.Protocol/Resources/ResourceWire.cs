using System.Collections.Immutable;
using Plenum.Protocol.V1;
using DiskInfo = Plenum.Protocol.V1.Resource.Types.DiskInfo;
using ReservationInfo = Plenum.Protocol.V1.Resource.Types.ReservationInfo;
using VolumeUse = Plenum.Protocol.Resources.ResourceEntry.VolumeUse;

namespace Plenum.Protocol.Resources;

/// <summary>Between the wire's two reservation formats and normalised entries.</summary>
internal static class ResourceWire
{
    /// <summary>
    /// 1,000,000,000,000: an exabyte counted in megabytes. In thousandths, the sum over 9,000 agents
    /// with that much still fits 64 bits, so that no addition needs an overflow check.
    /// </summary>
    internal const double MaxScalar = 1e12;

    internal static ResourceSet Read(IEnumerable<Resource> wire)
    {
        if (wire is not IReadOnlyList<Resource> and not IList<Resource>)
        {
            wire = wire.ToList();
        }

        var list = (wire as IList<Resource>)!;
        if (list.Count == 0)
        {
            return ResourceSet.Empty;
        }

        var entries = new ResourceEntry[list.Count];
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = ReadOne(list[i]);
        }

        return ResourceSet.FromEntries(entries, entries.Length);
    }

    internal static IReadOnlyList<Resource> Write(ReadOnlySpan<ResourceEntry> entries, ReservationFormat format)
    {
        var wire = new List<Resource>(entries.Length);
        foreach (ref readonly var entry in entries)
        {
            // The wire has no use count: as many copies as there are uses.
            for (var copy = 0; copy < entry.Uses; copy++)
            {
                wire.Add(WriteOne(entry, format));
            }
        }

        return wire;
    }

    /// <summary>Thousandths, rounded as Mesos does; only finite amounts up to the bound have any.</summary>
    internal static long ToMillis(double value, string name) =>
        double.IsFinite(value) && Math.Abs(value) <= MaxScalar
            ? (long)Math.Round(value * 1000, MidpointRounding.AwayFromZero)
            : throw new FormatException($"Resource '{name}' has the amount {value}, which is not a number up to {MaxScalar}");

    /// <summary>Null, or why the reservation fields contradict each other.</summary>
    internal static string? CheckFormat(Resource resource)
    {
        if (resource.Reservations.Count > 0)
        {
            return resource.HasRole || resource.Reservation is not null
                ? $"Resource '{resource.Name}' must not set 'role' or 'reservation' together with 'reservations'"
                : null;
        }

        if (resource.Reservation is not { } reservation)
        {
            return null;
        }

        if (reservation.HasType || reservation.HasRole)
        {
            return $"Resource '{resource.Name}': 'reservation.type' and 'reservation.role' belong to 'reservations' only";
        }

        return string.Equals(resource.Role, "*", StringComparison.Ordinal)
            ? $"Resource '{resource.Name}' is dynamically reserved but names no role"
            : null;
    }

    private static ResourceEntry ReadOne(Resource resource)
    {
        var name = resource.Name;
        var key = ReadKey(resource);
        switch (resource.Type)
        {
            case Value.Types.Type.Ranges:
                return new ResourceEntry(key, 0, PortRanges.FromWire(resource.Ranges).Pairs);
            case Value.Types.Type.Set:
                return new ResourceEntry(key, 0, ResourceArithmetic.Sorted(resource.Set?.Item ?? []));
            case Value.Types.Type.Scalar:
                var millis = resource.Scalar is null ? 0 : ToMillis(resource.Scalar.Value, name);
                var volume = resource.Disk?.Volume;
                return new ResourceEntry(
                    key, millis, volume is null && !key.IsShared ? null : new VolumeUse(volume?.Clone(), 1));
            default:
                throw new FormatException($"Resource '{name}' has the type {resource.Type}, which only attributes may have");
        }
    }

    private static ResourceKey ReadKey(Resource resource)
    {
        var allocationRole = resource.AllocationInfo is { HasRole: true } allocation ? allocation.Role : null;
        var isUnreserved = resource.Reservations.Count == 0 && resource.Reservation is null
            && (!resource.HasRole || string.Equals(resource.Role, "*", StringComparison.Ordinal));
        var disk = resource.Disk is { } info && (info.Persistence is not null || info.Source is not null) ? info : null;

        // By far most resources of a cluster: no label, no disk, no reservation to look at.
        if (isUnreserved && disk is null && resource.Revocable is null && resource.Shared is null && resource.ProviderId is null)
        {
            return ResourceKey.Plain(resource.Name, resource.Type, allocationRole);
        }

        if (CheckFormat(resource) is { } error)
        {
            throw new FormatException(error);
        }

        if (disk is not null)
        {
            disk = disk.Clone();
            disk.Volume = null;
        }

        var traits = new ResourceKey.Traits(
            isUnreserved ? [] : ReadReservations(resource),
            resource.ProviderId?.Value,
            disk,
            resource.Revocable is not null,
            resource.Shared is not null);
        return ResourceKey.Of(resource.Name, resource.Type, traits, allocationRole);
    }

    private static ImmutableArray<Reservation> ReadReservations(Resource resource)
    {
        if (resource.Reservations.Count > 0)
        {
            return [.. resource.Reservations.Select(r => new Reservation(r.Clone()))];
        }

        if (resource.Reservation is not { } reservation)
        {
            return [Reservation.Static(resource.Role)];
        }

        var level = reservation.Clone();
        level.Type = ReservationInfo.Types.Type.Dynamic;
        level.Role = resource.Role;
        return [new Reservation(level)];
    }

    private static Resource WriteOne(in ResourceEntry entry, ReservationFormat format)
    {
        var key = entry.Key;
        var wire = new Resource { Name = key.Name, Type = key.Kind };
        switch (key.Kind)
        {
            case Value.Types.Type.Ranges:
                wire.Ranges = entry.Ranges.ToWire();
                break;
            case Value.Types.Type.Set:
                wire.Set = new Value.Types.Set();
                wire.Set.Item.Add(entry.Items);
                break;
            default:
                wire.Scalar = new Value.Types.Scalar { Value = entry.Millis / 1000.0 };
                break;
        }

        WriteReservations(wire, key, format);
        if (key.AllocationRole is not null)
        {
            wire.AllocationInfo = new Resource.Types.AllocationInfo { Role = key.AllocationRole };
        }

        if (key.ProviderId is not null)
        {
            wire.ProviderId = new ResourceProviderID { Value = key.ProviderId };
        }

        if (key.Disk is not null || entry.MountPoint is not null)
        {
            wire.Disk = key.Disk?.Clone() ?? new DiskInfo();
            wire.Disk.Volume = entry.MountPoint?.Clone();
        }

        wire.Revocable = key.IsRevocable ? new Resource.Types.RevocableInfo() : null;
        wire.Shared = key.IsShared ? new Resource.Types.SharedInfo() : null;
        return wire;
    }

    private static void WriteReservations(Resource wire, ResourceKey key, ReservationFormat format)
    {
        if (format == ReservationFormat.Refined)
        {
            foreach (var level in key.Reservations)
            {
                wire.Reservations.Add(level.ToWire());
            }

            return;
        }

        if (key.Reservations.Length > 1)
        {
            throw new InvalidOperationException(
                $"Resource '{key.Name}' has a refined reservation for '{key.Role}', which the older format cannot express");
        }

        wire.Role = key.Role;
        if (key.Reservations is [{ IsDynamic: true } only])
        {
            wire.Reservation = only.ToWire();
            wire.Reservation.ClearType();
            wire.Reservation.ClearRole();
        }
    }
}
