using System.Net;
using System.Threading.Channels;
using Plenum.Kernel.Commands;
using Plenum.Master.Loop;
using Plenum.Master.Metrics;
using Plenum.Protocol.V1.Scheduler;
using Plenum.Scheduling;

namespace Plenum.Master.Scheduler;

/// <summary>One subscription inside the process.</summary>
internal sealed class InProcessConnection(
    KernelLoop loop, SchedulerStreams streams, SchedulerAdmission admission, MasterMetrics metrics, SchedulerStream stream)
    : ISchedulerConnection
{
    private int _disposed;

    public ChannelReader<Event> Events => stream.Events.Messages;

    public async ValueTask SendAsync(Call call, CancellationToken cancellationToken)
    {
        if (call.Type == Call.Types.Type.Subscribe)
        {
            throw new SchedulerCallException(HttpStatusCode.BadRequest, "A connection subscribes once.");
        }

        if ((SchedulerAdmission.CheckShape(call) ?? admission.CheckSender(call, stream.WireId, out _)) is { } refusal)
        {
            throw new SchedulerCallException((HttpStatusCode)refusal.Status, refusal.Reason);
        }

        metrics.SchedulerCall(call);
        try
        {
            if (call.Type == Call.Types.Type.UpdateFramework)
            {
                if (await stream.UpdateAsync(loop, call.Clone(), cancellationToken) is { } refused)
                {
                    throw new SchedulerCallException((HttpStatusCode)refused.Status, refused.Reason);
                }
            }
            else
            {
                await loop.SubmitAsync(new KernelCommand.SchedulerCall(stream.Id, call.Clone()), cancellationToken);
            }
        }
        catch (MasterStoppedException exception)
        {
            throw new SchedulerCallException(HttpStatusCode.ServiceUnavailable, exception.Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        streams.Remove(stream);
        try
        {
            await loop.SubmitAsync(new KernelCommand.SchedulerStreamClosed(stream.Id), CancellationToken.None);
        }
        catch (MasterStoppedException)
        {
            // A stopped master has no subscription left to end.
        }
    }
}
