using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Plenum.Kernel.Commands;
using Plenum.Master.Loop;
using Plenum.Master.Metrics;
using Plenum.Master.Negotiation;
using Plenum.Master.Routing;
using Plenum.Master.Streams;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Master.Scheduler;

/// <summary>
/// <c>/api/v1/scheduler</c>. The checks come in Mesos' order, since clients branch on the status code:
/// <list type="number">
/// <item>leadership and method (made by the router), Content-Type;</item>
/// <item>the body parses and the call is whole;</item>
/// <item>SUBSCRIBE: an acceptable answer format, no stream id; then the stream;</item>
/// <item>other calls: the framework is known, connected, and named by its current stream id; then 202, or
/// for UPDATE_FRAMEWORK what the kernel says.</item>
/// </list>
/// 202 says that the call is queued. A connection's next request is read after its last one was queued,
/// which keeps the calls of one connection in order.
/// </summary>
internal sealed partial class SchedulerEndpoint(
    KernelLoop loop,
    SchedulerStreams streams,
    SchedulerAdmission admission,
    MasterMetrics metrics,
    ILogger logger)
{
    private const string StreamIdHeader = "Mesos-Stream-Id";

    public async Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        if (Requests.FormatOf(request) is not { } format)
        {
            await Requests.RefuseContentTypeAsync(context);
            return;
        }

        var body = await RequestBody.ReadAsync(request, context.RequestAborted);
        var decoded = WireCodec.TryDecode(format, Call.Parser, body, out var call, out var error);
        request.BodyReader.AdvanceTo(body.End);
        if (!decoded)
        {
            await Answers.TextAsync(context, HttpStatusCode.BadRequest, error!);
            return;
        }

        if (SchedulerAdmission.CheckShape(call!) is { } malformed)
        {
            await RefuseAsync(context, malformed);
            return;
        }

        metrics.SchedulerCall(call!);
        if (call!.Type == Call.Types.Type.Subscribe)
        {
            await SubscribeAsync(context, call);
        }
        else
        {
            await TakeAsync(context, call);
        }
    }

    private async Task TakeAsync(HttpContext context, Call call)
    {
        if (call.Type == Call.Types.Type.ReconcileOperations
            && BodyFormats.FromAccept(context.Request.Headers.Accept) is null)
        {
            await Requests.RefuseAcceptAsync(context);
            return;
        }

        string? streamId = context.Request.Headers[StreamIdHeader];
        if (admission.CheckSender(call, streamId, out var stream) is { } refusal)
        {
            await RefuseAsync(context, refusal);
            return;
        }

        if (call.Type == Call.Types.Type.UpdateFramework)
        {
            if (await stream!.UpdateAsync(loop, call, context.RequestAborted) is { } refused)
            {
                await RefuseAsync(context, refused);
            }

            return;
        }

        await loop.SubmitAsync(new KernelCommand.SchedulerCall(stream!.Id, call), context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        context.Response.ContentLength = 0;
    }

    private async Task SubscribeAsync(HttpContext context, Call call)
    {
        if (BodyFormats.FromAccept(context.Request.Headers.Accept) is not { } format)
        {
            await Requests.RefuseAcceptAsync(context);
            return;
        }

        if (context.Request.Headers.ContainsKey(StreamIdHeader))
        {
            await RefuseAsync(context, new Refusal(
                StatusCodes.Status400BadRequest, "SUBSCRIBE must not carry the header 'Mesos-Stream-Id'"));
            return;
        }

        if (streams.Open() is not { } stream)
        {
            await RefuseAsync(context, new Refusal(
                StatusCodes.Status503ServiceUnavailable, $"{streams.Count} frameworks are connected, which is the limit"));
            return;
        }

        try
        {
            context.Response.Headers[StreamIdHeader] = stream.WireId;
            var response = await RecordResponse.StartAsync(context, format);
            await loop.SubmitAsync(
                new KernelCommand.Subscribe(stream.Id, call, Principal: null), context.RequestAborted);
            await response.PumpAsync(stream.Events);
        }
        finally
        {
            if (stream.Events.BreakReason is { } reason)
            {
                metrics.SlowFramework();
                Log.CutOff(logger, call.Subscribe.FrameworkInfo.Name, reason);
            }

            streams.Remove(stream);
            await ReportEndAsync(stream);
        }
    }

    /// <summary>The kernel must learn of every end, also of one whose caller has long hung up.</summary>
    private async Task ReportEndAsync(SchedulerStream stream)
    {
        try
        {
            await loop.SubmitAsync(new KernelCommand.SchedulerStreamClosed(stream.Id), CancellationToken.None);
        }
        catch (MasterStoppedException)
        {
            Log.EndedAfterStop(logger);
        }
    }

    private static Task RefuseAsync(HttpContext context, Refusal refusal) =>
        Answers.TextAsync(context, (HttpStatusCode)refusal.Status, refusal.Reason);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Framework '{Name}' was disconnected: {Reason}")]
        public static partial void CutOff(ILogger logger, string name, string reason);

        [LoggerMessage(2, LogLevel.Debug, "A framework's stream ended after the master stopped")]
        public static partial void EndedAfterStop(ILogger logger);
    }
}
