using System.Collections.Immutable;
using Plenum.Protocol.V1;

namespace Plenum.Protocol.Resources;

/// <summary>
/// What RESERVE, UNRESERVE, CREATE and DESTROY do to a pool: <paramref name="Consumed"/> must be in it
/// and becomes <paramref name="Converted"/>. The allocation role, if any, stays.
/// </summary>
public readonly record struct ResourceConversion(ResourceSet Consumed, ResourceSet Converted)
{
    /// <summary>The new top reservation of each resource is taken off what it was before.</summary>
    public static ResourceConversion Reserve(ResourceSet reserved) => new(WithoutTopReservation(reserved), reserved);

    public static ResourceConversion Unreserve(ResourceSet reserved) => new(reserved, WithoutTopReservation(reserved));

    public static ResourceConversion Create(ResourceSet volumes) => new(WithoutPersistence(volumes), volumes);

    public static ResourceConversion Destroy(ResourceSet volumes) => new(volumes, WithoutPersistence(volumes));

    /// <summary>Null for operations that a resource provider has to carry out, or that launch.</summary>
    public static ResourceConversion? Of(Offer.Types.Operation operation) => operation.Type switch
    {
        Offer.Types.Operation.Types.Type.Reserve => Reserve(ResourceSet.FromWire(operation.Reserve.Resources)),
        Offer.Types.Operation.Types.Type.Unreserve => Unreserve(ResourceSet.FromWire(operation.Unreserve.Resources)),
        Offer.Types.Operation.Types.Type.Create => Create(ResourceSet.FromWire(operation.Create.Volumes)),
        Offer.Types.Operation.Types.Type.Destroy => Destroy(ResourceSet.FromWire(operation.Destroy.Volumes)),
        _ => null,
    };

    /// <summary>Null when the pool lacks what is consumed.</summary>
    public ResourceSet? ApplyTo(ResourceSet pool) => pool.Contains(Consumed) ? pool - Consumed + Converted : null;

    private static ResourceSet WithoutTopReservation(ResourceSet resources) =>
        Map(resources, static entry => entry.IsUnreserved
            ? entry
            : entry.WithKey(entry.Key.WithReservations(entry.Key.Reservations.RemoveAt(entry.Key.Reservations.Length - 1))));

    // The mount point belongs to the volume: plain disk has none.
    private static ResourceSet WithoutPersistence(ResourceSet resources) =>
        Map(resources, static entry => entry.IsPersistentVolume
            ? new ResourceEntry(entry.Key.WithoutPersistence(), entry.Millis)
            : entry);

    private static ResourceSet Map(ResourceSet resources, Func<ResourceEntry, ResourceEntry> change)
    {
        var entries = resources.Entries.ToArray();
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = change(entries[i]);
        }

        return ResourceSet.FromEntries(entries, entries.Length);
    }
}
