using System.Collections.Concurrent;
using Plenum.Kernel.Commands;
using Plenum.Kernel.Operators;
using Plenum.Master.Loop;

namespace Plenum.Master.Operator;

/// <summary>
/// Operators' changes that wait for the kernel's answer, which comes when the change is durable. No more of
/// them than connections: each belongs to a request under way.
/// </summary>
internal sealed class OperatorRequests
{
    private readonly ConcurrentDictionary<OperatorRequestId, TaskCompletionSource<OperatorRefusal?>> _waiting = new();
    private long _last;

    /// <summary>Null when the change was made.</summary>
    /// <exception cref="MasterStoppedException">The loop has ended; whether the change was made shows after the restart.</exception>
    public async Task<OperatorRefusal?> AskAsync(
        KernelLoop loop, Func<OperatorRequestId, KernelCommand> command, CancellationToken cancellationToken)
    {
        var id = new OperatorRequestId(Interlocked.Increment(ref _last));
        var answer = new TaskCompletionSource<OperatorRefusal?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[id] = answer;
        try
        {
            await loop.SubmitAsync(command(id), cancellationToken);
            return await Task.WhenAny(answer.Task, loop.Completion).WaitAsync(cancellationToken) == answer.Task
                ? await answer.Task
                : throw new MasterStoppedException();
        }
        finally
        {
            _waiting.TryRemove(id, out _);
        }
    }

    /// <summary>Called where effects are released.</summary>
    public void Answer(OperatorRequestId id, OperatorRefusal? refusal)
    {
        if (_waiting.TryGetValue(id, out var answer))
        {
            answer.TrySetResult(refusal);
        }
    }
}
