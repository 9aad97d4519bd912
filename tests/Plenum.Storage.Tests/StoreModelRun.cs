using System.Text;

namespace Plenum.Storage.Tests;

/// <summary>
/// One run of random transactions, reads and lists over few keys against a plain dictionary, then the
/// whole change feed replayed from the start. Repeats exactly from its seed.
/// </summary>
internal sealed class StoreModelRun(IStateStore store, int seed)
{
    private static readonly string[] Keys = [.. Enumerable.Range(0, 12).Select(i => $"k/{(char)('a' + (i % 4))}/{i}")];

    private readonly Random _random = new(seed);
    private readonly SortedDictionary<string, (string Value, long Revision)> _model = new(StringComparer.Ordinal);
    private long _revision;

    internal async Task RunAsync(int operations)
    {
        for (var step = 0; step < operations; step++)
        {
            var context = $"seed {seed}, step {step}";
            switch (_random.Next(4))
            {
                case 0:
                    await CheckGetAsync(context);
                    break;
                case 1:
                    await CheckListAsync(Keys[_random.Next(Keys.Length)][.._random.Next(0, 5)], context);
                    break;
                default:
                    await CheckCommitAsync(step, context);
                    break;
            }
        }

        await CheckListAsync(string.Empty, $"seed {seed}, end");
        await CheckFeedAsync();
    }

    private async Task CheckCommitAsync(int step, string context)
    {
        var conditions = PickKeys(3).Select(key => new StoreCondition(
            key,
            // Mostly true, sometimes stale, sometimes "must not exist".
            _random.Next(5) switch { 0 => 0, 1 => _random.Next((int)_revision + 2), _ => RevisionOf(key) })).ToList();
        var writes = PickKeys(4).Select(key => (Key: key, Value: _random.Next(3) == 0 ? null : $"v{step}")).ToList();
        var holds = conditions.TrueForAll(c => RevisionOf(c.Key) == c.Revision);
        var result = await store.CommitAsync(
            new StoreTransaction
            {
                Conditions = [.. conditions],
                Writes = [.. writes.Select(w => new StoreWrite(w.Key, w.Value is null ? null : Encoding.UTF8.GetBytes(w.Value)))],
            },
            CancellationToken.None);
        if (holds && writes.Count > 0)
        {
            _revision++;
            foreach (var (key, value) in writes)
            {
                if (value is null)
                {
                    _model.Remove(key);
                }
                else
                {
                    _model[key] = (value, _revision);
                }
            }
        }

        result.ShouldBe(new CommitResult(holds, _revision), context);
    }

    private async Task CheckGetAsync(string context)
    {
        var key = Keys[_random.Next(Keys.Length)];
        var entry = await store.GetAsync(key, CancellationToken.None);
        Text(entry).ShouldBe(_model.TryGetValue(key, out var expected) ? $"{key}={expected.Value}@{expected.Revision}" : "absent", context);
    }

    private async Task CheckListAsync(string prefix, string context)
    {
        var listed = new List<string>();
        await foreach (var entry in store.ListAsync(prefix, CancellationToken.None))
        {
            listed.Add(Text(entry));
        }

        listed.ShouldBe(
            _model.Where(e => e.Key.StartsWith(prefix, StringComparison.Ordinal))
                .Select(e => $"{e.Key}={e.Value.Value}@{e.Value.Revision}"),
            context);
    }

    private async Task CheckFeedAsync()
    {
        const string End = "z-end";
        var last = await store.CommitAsync(
            new StoreTransaction { Writes = [new StoreWrite(End, Encoding.UTF8.GetBytes("end"))] }, CancellationToken.None);
        var replayed = new SortedDictionary<string, (string Value, long Revision)>(StringComparer.Ordinal);
        long previous = 0;
        await foreach (var change in store.WatchAsync(string.Empty, 0, CancellationToken.None))
        {
            change.Revision.ShouldBeGreaterThanOrEqualTo(previous, $"seed {seed}");
            previous = change.Revision;
            if (change.Revision == last.Revision)
            {
                break;
            }

            if (change.Value is { } value)
            {
                replayed[change.Key] = (Encoding.UTF8.GetString(value.Span), change.Revision);
            }
            else
            {
                replayed.Remove(change.Key).ShouldBeTrue($"seed {seed}: a deletion of nothing was announced");
            }
        }

        replayed.ShouldBe(_model, $"seed {seed}");
    }

    private List<string> PickKeys(int atMost) =>
        [.. Enumerable.Range(0, _random.Next(atMost + 1)).Select(_ => Keys[_random.Next(Keys.Length)]).Distinct()];

    private long RevisionOf(string key) => _model.TryGetValue(key, out var entry) ? entry.Revision : 0;

    private static string Text(StoreEntry? entry) =>
        entry is { } found ? $"{found.Key}={Encoding.UTF8.GetString(found.Value.Span)}@{found.Revision}" : "absent";
}
