using System.Diagnostics;
using System.Globalization;
using System.Text;
using Plenum.Storage.Sqlite;

namespace Plenum.Storage.Tests.Sqlite;

/// <summary>This assembly as a second process that commits as fast as it can and says what was acknowledged.</summary>
internal static class KilledWriter
{
    private const string Verb = "store-writer";

    /// <summary>Commits in flight at a time, so that the kill hits shared flushes.</summary>
    private const int Width = 16;

    internal static async Task<int> Main(string[] args)
    {
        if (args is not [Verb, var directory])
        {
            Console.Error.WriteLine($"Only for the durability tests: {Verb} <directory>");
            return 64;
        }

        await using var store = SqliteStateStore.Open(new SqliteStoreOptions { Directory = directory });
        await Task.WhenAll(Enumerable.Range(0, Width).Select(lane => WriteForEverAsync(store, lane)));
        return 0;
    }

    internal static Process Start(string directory)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, UseShellExecute = false };
        start.ArgumentList.Add(typeof(KilledWriter).Assembly.Location);
        start.ArgumentList.Add(Verb);
        start.ArgumentList.Add(directory);
        return Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
    }

    private static async Task WriteForEverAsync(SqliteStateStore store, int lane)
    {
        for (var i = 0; ; i++)
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"{lane}/{i}");
            await store.CommitAsync(
                new StoreTransaction { Writes = [new StoreWrite(key, Encoding.UTF8.GetBytes(key)), new StoreWrite(key + "+", "pair"u8.ToArray())] },
                CancellationToken.None);
            Console.WriteLine(key);
        }
    }
}
