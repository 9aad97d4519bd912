using System.Buffers;
using Plenum.Kernel.Snapshots;
using Plenum.Master.Loop;

namespace Plenum.Master.Reads;

/// <summary>
/// Renders answers from snapshots, off the kernel's loops and one at a time. Requests for the same thing
/// that arrive while one waits for its turn share it; one that already took its snapshot is never joined,
/// so that every answer is newer than its request.
/// </summary>
internal sealed class SharedReads(KernelLoop loop)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Read> _waiting = new(StringComparer.Ordinal);
    private Task _last = Task.CompletedTask;
    private long _shared;

    /// <summary>Requests that were answered by another one's computation.</summary>
    public long Shared => Interlocked.Read(ref _shared);

    public async Task<ReadOnlyMemory<byte>> GetAsync(
        string key, Action<ClusterSnapshot, IBufferWriter<byte>> render, CancellationToken cancellationToken)
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
                read.Result = ComputeAsync(key, render, _last);
                _last = read.Result;
            }
        }

        // A caller that hangs up leaves the computation to those who share it.
        return await read.Result.WaitAsync(cancellationToken);
    }

    private async Task<ReadOnlyMemory<byte>> ComputeAsync(
        string key, Action<ClusterSnapshot, IBufferWriter<byte>> render, Task before)
    {
        // One at a time, in the order they came; whether the one before failed is its callers' matter.
        await Task.Yield();
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            _waiting.Remove(key);
        }

        var state = await loop.PeekAsync(CancellationToken.None);

        // A thread of its own: ten thousand tasks take some 100 ms, and the pool has few threads on a
        // small machine that must go on serving calls.
        return await Task.Factory.StartNew(
            () =>
            {
                var output = new ArrayBufferWriter<byte>(InitialBytes(state));
                render(state, output);
                return (ReadOnlyMemory<byte>)output.WrittenMemory;
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }

    /// <summary>A task takes about 700 bytes; a good guess saves copies of megabytes.</summary>
    private static int InitialBytes(ClusterSnapshot state) => 4_096 + (state.Tasks.Count * 800);

    private sealed class Read
    {
        public Task<ReadOnlyMemory<byte>> Result { get; set; } = null!;
    }
}
