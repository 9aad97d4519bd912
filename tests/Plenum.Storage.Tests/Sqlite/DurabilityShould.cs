using System.Text;
using Plenum.Storage.Sqlite;

namespace Plenum.Storage.Tests.Sqlite;

public sealed class DurabilityShould : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("plenum-store-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Keep_every_acknowledged_write_of_a_process_that_was_killed()
    {
        var acknowledged = new List<string>();
        for (var round = 0; round < 2; round++)
        {
            using var writer = KilledWriter.Start(_directory);
            var before = acknowledged.Count;
            while (acknowledged.Count < before + 300)
            {
                acknowledged.Add((await writer.StandardOutput.ReadLineAsync()).ShouldNotBeNull("the writer ended by itself"));
            }

            Should.Throw<StoreUnavailableException>(() => SqliteStateStore.Open(new SqliteStoreOptions { Directory = _directory }))
                .Message.ShouldContain($"process {writer.Id}");
            writer.Kill();
            await writer.WaitForExitAsync();

            // The last line may be torn: only whole ones were said.
            var rest = await writer.StandardOutput.ReadToEndAsync();
            acknowledged.AddRange(rest[..(rest.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }

        await using var store = SqliteStateStore.Open(new SqliteStoreOptions { Directory = _directory });
        foreach (var key in acknowledged)
        {
            var entry = (await store.GetAsync(key, CancellationToken.None)).ShouldNotBeNull($"'{key}' was acknowledged");
            Encoding.UTF8.GetString(entry.Value.Span).ShouldBe(key);
        }

        await foreach (var entry in store.ListAsync(string.Empty, CancellationToken.None))
        {
            var other = entry.Key.EndsWith('+') ? entry.Key[..^1] : entry.Key + "+";
            (await store.GetAsync(other, CancellationToken.None)).ShouldNotBeNull($"half of the transaction of '{entry.Key}' is missing");
        }
    }
}
