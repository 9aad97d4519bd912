using System.Net;
using Plenum.Kernel.Commands;
using Plenum.Master.Loop;
using Plenum.Master.Metrics;
using Plenum.Protocol.V1.Scheduler;
using Plenum.Scheduling;

namespace Plenum.Master.Scheduler;

/// <summary>
/// The scheduler API without HTTP, for frameworks that live in the master's process. Same checks, same
/// queue, same commands: the kernel cannot tell the difference.
/// </summary>
internal sealed class InProcessTransport(
    KernelLoop loop, SchedulerStreams streams, SchedulerAdmission admission, MasterMetrics metrics) : ISchedulerTransport
{
    public async Task<ISchedulerConnection> SubscribeAsync(Call subscribe, CancellationToken cancellationToken)
    {
        if (SchedulerAdmission.CheckShape(subscribe) is { } malformed)
        {
            throw new SchedulerCallException((HttpStatusCode)malformed.Status, malformed.Reason);
        }

        if (subscribe.Type != Call.Types.Type.Subscribe)
        {
            throw new SchedulerCallException(HttpStatusCode.BadRequest, "The first call must be SUBSCRIBE.");
        }

        var stream = streams.Open() ?? throw new SchedulerCallException(
            HttpStatusCode.ServiceUnavailable, $"{streams.Count} frameworks are connected, which is the limit.");
        metrics.SchedulerCall(subscribe);
        try
        {
            // The kernel keeps what it is given; the caller may go on changing its own copy.
            await loop.SubmitAsync(
                new KernelCommand.Subscribe(stream.Id, subscribe.Clone(), Principal: null), cancellationToken);
        }
        catch (MasterStoppedException exception)
        {
            streams.Remove(stream);
            throw new SchedulerCallException(HttpStatusCode.ServiceUnavailable, exception.Message);
        }
        catch (OperationCanceledException)
        {
            streams.Remove(stream);
            throw;
        }

        return new InProcessConnection(loop, streams, admission, metrics, stream);
    }
}
