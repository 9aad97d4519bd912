using Microsoft.AspNetCore.Http;
using Plenum.Http.Libprocess;
using Plenum.Kernel.Commands;
using Plenum.Master.Loop;
using Plenum.Master.Streams;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Master.Scheduler;

/// <summary>One subscription of one framework, over HTTP, inside the process or through an old driver.</summary>
internal sealed class SchedulerStream(SchedulerStreamId id, string wireId, int capacity) : IDisposable
{
    private static readonly Refusal NotSubscribed =
        new(StatusCodes.Status403Forbidden, "Framework is not subscribed: its stream ended");

    private readonly SemaphoreSlim _updateTurn = new(1, 1);
    private TaskCompletionSource<Refusal?>? _update;
    private volatile bool _ended;

    public SchedulerStreamId Id { get; } = id;

    /// <summary>The value of <c>Mesos-Stream-Id</c>.</summary>
    public string WireId { get; } = wireId;

    /// <summary>The old driver it belongs to, or null.</summary>
    public Upid? Driver { get; init; }

    /// <summary>Set when SUBSCRIBED goes out.</summary>
    public string? FrameworkId { get; set; }

    public OutboundStream<Event> Events { get; } = new(capacity);

    /// <summary>
    /// UPDATE_FRAMEWORK is the one call whose caller waits for the kernel. One at a time, so that answers
    /// need no numbers: the kernel gives one for each call, in order.
    /// </summary>
    public async Task<Refusal?> UpdateAsync(KernelLoop loop, Call call, CancellationToken cancellationToken)
    {
        await _updateTurn.WaitAsync(cancellationToken);
        try
        {
            var answer = new TaskCompletionSource<Refusal?>(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref _update, answer);
            if (_ended)
            {
                return NotSubscribed;
            }

            await loop.SubmitAsync(new KernelCommand.SchedulerCall(Id, call), cancellationToken);

            // Not given up when the caller hangs up: the next caller must not get this one's answer.
            return await answer.Task;
        }
        finally
        {
            _updateTurn.Release();
        }
    }

    public void AnswerUpdate(string? refusal) => Volatile.Read(ref _update)?.TrySetResult(
        refusal is null ? null : new Refusal(StatusCodes.Status400BadRequest, refusal));

    public void Dispose()
    {
        _ended = true;
        Volatile.Read(ref _update)?.TrySetResult(NotSubscribed);
        Events.Dispose();
    }
}
