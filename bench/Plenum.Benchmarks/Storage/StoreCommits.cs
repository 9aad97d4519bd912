using System.Diagnostics;
using System.Globalization;
using Plenum.Benchmarks.Reporting;
using Plenum.Storage;
using Plenum.Storage.Sqlite;

namespace Plenum.Benchmarks.Storage;

/// <summary>Durable commits of one small write, one after the other and 64 at a time.</summary>
internal static class StoreCommits
{
    private const int Seconds = 3;

    public static async IAsyncEnumerable<BenchmarkRow> RunAsync()
    {
        var directory = Directory.CreateTempSubdirectory("plenum-bench-").FullName;
        try
        {
            await using var store = SqliteStateStore.Open(new SqliteStoreOptions { Directory = directory });
            await RateAsync(store, writers: 64, TimeSpan.FromSeconds(1));
            yield return new BenchmarkRow("store: durable commits, one writer", await RateAsync(store, 1, TimeSpan.FromSeconds(Seconds)), "/s");
            yield return new BenchmarkRow("store: durable commits, 64 writers sharing flushes", await RateAsync(store, 64, TimeSpan.FromSeconds(Seconds)), "/s");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task<double> RateAsync(SqliteStateStore store, int writers, TimeSpan time)
    {
        var watch = Stopwatch.StartNew();
        var counts = await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(() => WriteAsync(store, writer, watch, time))));
        return counts.Sum() / watch.Elapsed.TotalSeconds;
    }

    private static async Task<long> WriteAsync(SqliteStateStore store, int writer, Stopwatch watch, TimeSpan time)
    {
        var value = new byte[200];
        long count = 0;
        while (watch.Elapsed < time)
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"bench/{writer}/{count % 100}");
            await store.CommitAsync(new StoreTransaction { Writes = [new StoreWrite(key, value)] }, CancellationToken.None);
            count++;
        }

        return count;
    }
}
