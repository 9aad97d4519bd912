using System.Collections.Concurrent;
using Plenum.Kernel.Commands;
using Plenum.Kernel.Explaining;
using Plenum.Kernel.Operators;
using Plenum.Kernel.Preemption;
using Plenum.Master.Loop;
using Plenum.Protocol.Identity;
using Plenum.Protocol.V1.Master;

namespace Plenum.Master.Operator;

/// <summary>
/// Operators' changes that wait for the kernel's answer, which comes when the change is durable. No more of
/// them than connections: each belongs to a request under way.
/// </summary>
internal sealed class OperatorRequests
{
    private readonly ConcurrentDictionary<OperatorRequestId, TaskCompletionSource<object?>> _waiting = new();
    private long _last;

    /// <summary>Null when the change was made.</summary>
    /// <exception cref="MasterStoppedException">The loop has ended; whether the change was made shows after the restart.</exception>
    public async Task<OperatorRefusal?> ChangeAsync(KernelLoop loop, Call call, CancellationToken cancellationToken) =>
        (OperatorRefusal?)await AskAsync(loop, id => new KernelCommand.OperatorCall(id, call), cancellationToken);

    /// <summary>Null when the priorities were changed.</summary>
    /// <exception cref="MasterStoppedException">The loop has ended; whether the change was made shows after the restart.</exception>
    public async Task<OperatorRefusal?> PrioritizeAsync(
        KernelLoop loop, IReadOnlyList<RolePriority> set, IReadOnlyList<string> removed, CancellationToken cancellationToken) =>
        (OperatorRefusal?)await AskAsync(loop, id => new KernelCommand.ChangePriorities(id, set, removed), cancellationToken);

    /// <summary>Null when there is no such framework.</summary>
    /// <exception cref="MasterStoppedException">The loop has ended.</exception>
    public async Task<FrameworkExplanation?> ExplainAsync(
        KernelLoop loop, FrameworkId framework, CancellationToken cancellationToken) =>
        (FrameworkExplanation?)await AskAsync(
            loop, id => new KernelCommand.ExplainFramework(id, framework), cancellationToken);

    /// <summary>Called where effects are released.</summary>
    public void Answer(OperatorRequestId id, object? outcome)
    {
        if (_waiting.TryGetValue(id, out var answer))
        {
            answer.TrySetResult(outcome);
        }
    }

    private async Task<object?> AskAsync(
        KernelLoop loop, Func<OperatorRequestId, KernelCommand> command, CancellationToken cancellationToken)
    {
        var id = new OperatorRequestId(Interlocked.Increment(ref _last));
        var answer = new TaskCompletionSource<object?>(TaskCreationOptions.RunContinuationsAsynchronously);
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
}
