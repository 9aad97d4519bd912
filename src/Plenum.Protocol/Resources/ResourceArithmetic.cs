using Plenum.Protocol.V1;
using VolumeUse = Plenum.Protocol.Resources.ResourceEntry.VolumeUse;

namespace Plenum.Protocol.Resources;

/// <summary>Arithmetic of two entries that <see cref="ResourceEntry.Compare"/> holds equal.</summary>
internal static class ResourceArithmetic
{
    /// <summary>
    /// Indivisible disks stay apart. A shared one is a single copy with a use count, so that it does merge.
    /// </summary>
    internal static bool CanMerge(in ResourceEntry entry) => !entry.IsIndivisible || entry.IsShared;

    internal static ResourceEntry Add(in ResourceEntry left, in ResourceEntry right)
    {
        if (left.IsShared)
        {
            return WithUses(left, left.Uses + right.Uses);
        }

        return left.Kind switch
        {
            Value.Types.Type.Ranges => new ResourceEntry(left.Key, 0, (left.Ranges + right.Ranges).Pairs),
            Value.Types.Type.Set => new ResourceEntry(left.Key, 0, Union(left.Detail as string[], right.Detail as string[])),
            _ => new ResourceEntry(left.Key, left.Millis + right.Millis, left.Detail),
        };
    }

    /// <summary>False when nothing is left.</summary>
    internal static bool TrySubtract(in ResourceEntry left, in ResourceEntry right, out ResourceEntry rest)
    {
        rest = left;
        if (left.IsShared)
        {
            var uses = left.Uses - right.Uses;
            rest = uses > 0 ? WithUses(left, uses) : left;
            return uses > 0;
        }

        if (left.IsIndivisible)
        {
            return false;
        }

        rest = left.Kind switch
        {
            Value.Types.Type.Ranges => new ResourceEntry(left.Key, 0, (left.Ranges - right.Ranges).Pairs),
            Value.Types.Type.Set => new ResourceEntry(left.Key, 0, Except(left.Detail as string[], right.Detail as string[])),
            _ => new ResourceEntry(left.Key, left.Millis - right.Millis, left.Detail),
        };
        return !rest.IsNothing;
    }

    internal static bool Contains(in ResourceEntry left, in ResourceEntry right)
    {
        if (left.IsShared)
        {
            return left.Uses >= right.Uses;
        }

        // Indivisible ones compare equal only when their sizes are.
        return left.Kind switch
        {
            Value.Types.Type.Ranges => left.Ranges.Contains(right.Ranges),
            Value.Types.Type.Set => Except(right.Detail as string[], left.Detail as string[]).Length == 0,
            _ => left.Millis >= right.Millis,
        };
    }

    internal static bool SameAmount(in ResourceEntry left, in ResourceEntry right) => left.Kind switch
    {
        Value.Types.Type.Ranges => left.Ranges == right.Ranges,
        Value.Types.Type.Set => left.Items.AsSpan().SequenceEqual(right.Items.AsSpan()),
        _ => left.Millis == right.Millis && left.Uses == right.Uses,
    };

    internal static string[] Sorted(IEnumerable<string> items) =>
        [.. items.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    internal static ResourceEntry WithUses(in ResourceEntry entry, int uses) =>
        new(entry.Key, entry.Millis, new VolumeUse(entry.MountPoint, uses));

    private static string[] Union(string[]? left, string[]? right) => Sorted([.. left ?? [], .. right ?? []]);

    private static string[] Except(string[]? left, string[]? right) =>
        Sorted((left ?? []).Except(right ?? [], StringComparer.Ordinal));
}
