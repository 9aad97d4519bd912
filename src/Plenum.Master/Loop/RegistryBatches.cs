using Plenum.Kernel.Registry;
using Plenum.Storage;

namespace Plenum.Master.Loop;

/// <summary>
/// The writes of the rounds at hand as transactions under the leader's lease: one, unless they are more than a transaction
/// may have or large, as when half of a large cluster is lost at once.
/// </summary>
internal static class RegistryBatches
{
    /// <summary>
    /// Values of one transaction, unless a single one is larger: the store writes them at one go, and its history for
    /// watchers holds some such transactions.
    /// </summary>
    private const long MaxBytes = 8 * 1024 * 1024;

    public static IEnumerable<StoreTransaction> Of(Dictionary<string, ReadOnlyMemory<byte>?> writes, IStoreLease lease)
    {
        var all = writes.Select(static write => new StoreWrite(write.Key, write.Value)).ToList();
        IEnumerable<IReadOnlyList<StoreWrite>> batches = all.Count <= StoreLimits.MaxTransactionItems && all.Sum(Size) <= MaxBytes
            ? [all]
            : all
                .GroupBy(static write => RegistryOrder.PhaseOf(write.Key, isDeleted: write.Value is null))
                .OrderBy(static phase => phase.Key)
                .SelectMany(Cut);
        return batches.Select(batch => new StoreTransaction { Writes = [.. batch], Lease = lease });
    }

    private static IEnumerable<List<StoreWrite>> Cut(IEnumerable<StoreWrite> writes)
    {
        var batch = new List<StoreWrite>();
        var bytes = 0L;
        foreach (var write in writes)
        {
            var size = Size(write);
            if (batch.Count > 0 && (batch.Count == StoreLimits.MaxTransactionItems || bytes + size > MaxBytes))
            {
                yield return batch;
                (batch, bytes) = ([], 0);
            }

            batch.Add(write);
            bytes += size;
        }

        yield return batch;
    }

    private static long Size(StoreWrite write) => write.Value?.Length ?? 0;
}
