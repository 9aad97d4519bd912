using System.Collections.Immutable;
using Plenum.Storage;

namespace Plenum.Marathon.Persistence;

/// <summary>
/// The writes of a turn as transactions: one, unless a change is larger than a transaction may be. Then they go in an
/// order in which a crash between two of them leaves a state that is true:
/// 1. new definitions and the parts of plans, which nothing names yet and a restart drops;
/// 2. roots and plans, with what was decided about them, in one transaction: from here on the change is made, and a restart drives its plan;
/// 3. all else: instances, which the plan makes again where they are missing, and what was removed.
/// </summary>
internal static class StoreBatches
{
    public static IEnumerable<StoreTransaction> Of(Dictionary<string, byte[]?> writes)
    {
        var all = writes.Select(entry =>
            new StoreWrite(entry.Key, entry.Value is { } value ? (ReadOnlyMemory<byte>?)value : null));
        if (writes.Count <= StoreLimits.MaxTransactionItems)
        {
            return writes.Count == 0 ? [] : [new StoreTransaction { Writes = [.. all] }];
        }

        return all
            .GroupBy(Phase)
            .OrderBy(phase => phase.Key)
            .SelectMany(phase => phase.Chunk(StoreLimits.MaxTransactionItems))
            .Select(chunk => new StoreTransaction { Writes = ImmutableArray.Create(chunk) });
    }

    private static int Phase(StoreWrite write)
    {
        if (Is(StoreKeys.RootsPrefix) || Is(StoreKeys.DeploymentsPrefix) || Is(StoreKeys.DeploymentStatesPrefix))
        {
            return 2;
        }

        return write.Value is not null && (Is(StoreKeys.AppsPrefix) || Is(StoreKeys.PodsPrefix) || Is(StoreKeys.PlanPartsPrefix)) ? 1 : 3;

        bool Is(string prefix) => write.Key.StartsWith(prefix, StringComparison.Ordinal);
    }
}
