using System.Collections.Immutable;
using Plenum.Kernel.Registry;
using Plenum.Storage;

namespace Plenum.Master.Loop;

/// <summary>
/// The writes of the rounds at hand as transactions under the leader's lease: one, unless they are more than a transaction
/// may have, as when half of a large cluster is lost at once.
/// </summary>
internal static class RegistryBatches
{
    public static IEnumerable<StoreTransaction> Of(Dictionary<string, ReadOnlyMemory<byte>?> writes, IStoreLease lease)
    {
        var all = writes.Select(static write => new StoreWrite(write.Key, write.Value));
        IEnumerable<StoreWrite[]> batches = writes.Count <= StoreLimits.MaxTransactionItems
            ? [[.. all]]
            : all
                .GroupBy(static write => RegistryOrder.PhaseOf(write.Key, isDeleted: write.Value is null))
                .OrderBy(static phase => phase.Key)
                .SelectMany(static phase => phase.Chunk(StoreLimits.MaxTransactionItems));
        return batches.Select(batch => new StoreTransaction { Writes = ImmutableArray.Create(batch), Lease = lease });
    }
}
