using System.Buffers;
using Plenum.Kernel.Snapshots;
using Plenum.Master.Loop;

namespace Plenum.Master.Reads;

/// <summary>
/// Renders answers from snapshots, off the kernel's loops and one at a time. Requests for the same thing
/// that arrive while one waits for its turn share it; one that already took its snapshot is never joined,
/// so that every answer is newer than its request. An answer is given again while the cluster has not changed
/// since: tools poll quiet clusters all day.
/// </summary>
internal sealed class SharedReads(KernelLoop loop)
{
    /// <summary>Kinds of answers kept; their names hold what callers ask for, so that there could be any number.</summary>
    private const int MaxKept = 64;

    private readonly Lock _gate = new();

    // Weak: what is kept may be hundreds of megabytes, and memory that somebody needs is not held for it.
    private readonly Dictionary<string, (long Version, WeakReference<ArrayBufferWriter<byte>> Body)> _kept = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Read> _waiting = new(StringComparer.Ordinal);
    private Task _last = Task.CompletedTask;
    private long _shared;

    /// <summary>Requests that were answered by another one's computation, at the same time or before.</summary>
    public long Shared => Interlocked.Read(ref _shared);

    /// <param name="key">What is asked for, with all that makes one answer different from another.</param>
    /// <param name="keep">Whether the answer follows from the snapshot alone, and not also from the time or a counter.</param>
    public async Task<ReadOnlyMemory<byte>> GetAsync(
        string key, Action<ClusterSnapshot, IBufferWriter<byte>> render, bool keep, CancellationToken cancellationToken)
    {
        Read? read;
        lock (_gate)
        {
            if (_waiting.TryGetValue(key, out read))
            {
                _shared++;
            }
            else
            {
                _waiting[key] = read = new Read();
                read.Result = ComputeAsync(key, render, keep, _last);
                _last = read.Result;
            }
        }

        // A caller that hangs up leaves the computation to those who share it.
        return await read.Result.WaitAsync(cancellationToken);
    }

    private async Task<ReadOnlyMemory<byte>> ComputeAsync(
        string key, Action<ClusterSnapshot, IBufferWriter<byte>> render, bool keep, Task before)
    {
        // One at a time, in the order they came; whether the one before failed is its callers' matter.
        await Task.Yield();
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            _waiting.Remove(key);
        }

        var state = await loop.PeekAsync(CancellationToken.None);
        if (keep && KeptOf(key, state) is { } same)
        {
            return same.WrittenMemory;
        }

        // A thread of its own: ten thousand tasks take some 100 ms, and the pool has few threads on a
        // small machine that must go on serving calls.
        var body = await Task.Factory.StartNew(
            () =>
            {
                var output = new ArrayBufferWriter<byte>(InitialBytes(state));
                render(state, output);
                return output;
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        if (keep)
        {
            Keep(key, state, body);
        }

        return body.WrittenMemory;
    }

    private ArrayBufferWriter<byte>? KeptOf(string key, ClusterSnapshot state)
    {
        lock (_gate)
        {
            if (_kept.TryGetValue(key, out var kept) && kept.Version == state.Version && kept.Body.TryGetTarget(out var body))
            {
                _shared++;
                return body;
            }

            return null;
        }
    }

    private void Keep(string key, ClusterSnapshot state, ArrayBufferWriter<byte> body)
    {
        lock (_gate)
        {
            if (_kept.Count >= MaxKept && !_kept.ContainsKey(key))
            {
                _kept.Clear();
            }

            _kept[key] = (state.Version, new WeakReference<ArrayBufferWriter<byte>>(body));
        }
    }

    /// <summary>A task takes about 700 bytes; a good guess saves copies of megabytes.</summary>
    private static int InitialBytes(ClusterSnapshot state) => 4_096 + (state.Tasks.Count * 800);

    private sealed class Read
    {
        public Task<ReadOnlyMemory<byte>> Result { get; set; } = null!;
    }
}
