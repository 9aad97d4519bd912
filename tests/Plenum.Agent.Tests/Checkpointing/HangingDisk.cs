using Plenum.Agent.Checkpointing;
using Plenum.Agent.Tests.Server;

namespace Plenum.Agent.Tests.Checkpointing;

/// <summary>A disk whose writes hang while the test wants it.</summary>
internal sealed class HangingDisk : CheckpointDisk, IDisposable
{
    private readonly ManualResetEventSlim _open = new(initialState: true);
    private TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a write hangs.</summary>
    public Task Reached => Volatile.Read(ref _reached).Task;

    public void Hang()
    {
        Volatile.Write(ref _reached, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        _open.Reset();
    }

    public void GoOn() => _open.Set();

    public override void Write(string path, ReadOnlySpan<byte> bytes)
    {
        if (!_open.IsSet)
        {
            Volatile.Read(ref _reached).TrySetResult();
            _open.Wait(Patience.Limit).ShouldBeTrue("the test forgot to let the disk go on");
        }

        base.Write(path, bytes);
    }

    public void Dispose() => _open.Dispose();
}
