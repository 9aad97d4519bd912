using Plenum.Protocol.V1;

namespace Plenum.Protocol.Resources;

/// <summary>
/// What an operation on reservations and volumes does to a pool: <paramref name="Consumed"/> must be in
/// it and becomes <paramref name="Converted"/>. The allocation role, if any, stays.
/// </summary>
public readonly record struct ResourceConversion(ResourceSet Consumed, ResourceSet Converted)
{
    /// <summary>The new top reservation of each resource is taken off what it was before.</summary>
    public static ResourceConversion Reserve(ResourceSet reserved) => new(WithoutTopReservation(reserved), reserved);

    public static ResourceConversion Unreserve(ResourceSet reserved) => new(reserved, WithoutTopReservation(reserved));

    public static ResourceConversion Create(ResourceSet volumes) => new(WithoutPersistence(volumes), volumes);

    public static ResourceConversion Destroy(ResourceSet volumes) => new(volumes, WithoutPersistence(volumes));

    /// <summary>A volume and the plain disk that is added to it become one volume.</summary>
    public static ResourceConversion Grow(Resource volume, Resource addition)
    {
        var before = ResourceSet.FromWire([volume]);
        var added = ResourceSet.FromWire([addition]);
        return new(before + added, Resized(before, before.Entries[0].Millis + added.Entries[0].Millis));
    }

    /// <summary>Part of a volume becomes plain disk again.</summary>
    public static ResourceConversion Shrink(Resource volume, Value.Types.Scalar subtract)
    {
        var before = ResourceSet.FromWire([volume]);
        var millis = ResourceWire.ToMillis(subtract.Value, volume.Name);
        return new(
            before,
            Resized(before, before.Entries[0].Millis - millis) + Resized(WithoutPersistence(before), millis));
    }

    /// <summary>Null for operations that a resource provider has to carry out, or that launch.</summary>
    public static ResourceConversion? Of(Offer.Types.Operation operation) => operation.Type switch
    {
        // An operator may name what is to be reserved anew; otherwise it is the level below.
        Offer.Types.Operation.Types.Type.Reserve when operation.Reserve.Source.Count > 0 =>
            new(ResourceSet.FromWire(operation.Reserve.Source), ResourceSet.FromWire(operation.Reserve.Resources)),
        Offer.Types.Operation.Types.Type.Reserve => Reserve(ResourceSet.FromWire(operation.Reserve.Resources)),
        Offer.Types.Operation.Types.Type.Unreserve => Unreserve(ResourceSet.FromWire(operation.Unreserve.Resources)),
        Offer.Types.Operation.Types.Type.Create => Create(ResourceSet.FromWire(operation.Create.Volumes)),
        Offer.Types.Operation.Types.Type.Destroy => Destroy(ResourceSet.FromWire(operation.Destroy.Volumes)),
        Offer.Types.Operation.Types.Type.GrowVolume => Grow(operation.GrowVolume.Volume, operation.GrowVolume.Addition),
        Offer.Types.Operation.Types.Type.ShrinkVolume => Shrink(operation.ShrinkVolume.Volume, operation.ShrinkVolume.Subtract),
        _ => null,
    };

    /// <summary>
    /// What an operation takes out of the pool, also where only a resource provider knows what comes of it; null for
    /// launches.
    /// </summary>
    public static ResourceSet? ConsumedBy(Offer.Types.Operation operation) => operation.Type switch
    {
        Offer.Types.Operation.Types.Type.CreateDisk => ResourceSet.FromWire([operation.CreateDisk.Source]),
        Offer.Types.Operation.Types.Type.DestroyDisk => ResourceSet.FromWire([operation.DestroyDisk.Source]),
        _ => Of(operation)?.Consumed,
    };

    /// <summary>Null when the pool lacks what is consumed.</summary>
    public ResourceSet? ApplyTo(ResourceSet pool) => pool.Contains(Consumed) ? pool - Consumed + Converted : null;

    /// <summary>
    /// An agent's configured resources with the reservations and volumes made of them since; null when the
    /// configuration does not hold any more what those were made of.
    /// </summary>
    public static ResourceSet? Restore(ResourceSet configured, ResourceSet checkpointed) =>
        new ResourceConversion(WithoutDynamicReservations(WithoutPersistence(checkpointed)), checkpointed).ApplyTo(configured);

    /// <summary>What an agent's configuration calls the resources: no reservation but a static one.</summary>
    public static ResourceSet WithoutDynamicReservations(ResourceSet resources) =>
        Map(resources, static entry =>
            entry.WithKey(entry.Key.WithReservations(entry.Key.Reservations.RemoveAll(static level => level.IsDynamic))));

    private static ResourceSet Resized(ResourceSet one, long millis)
    {
        var entry = one.Entries[0];
        return ResourceSet.FromEntries([new ResourceEntry(entry.Key, millis, entry.Detail)], 1);
    }

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
