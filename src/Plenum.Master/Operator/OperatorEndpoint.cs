using System.Buffers;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Plenum.Http.Access;
using Plenum.Kernel.Snapshots;
using Plenum.Master.Loop;
using Plenum.Master.Metrics;
using Plenum.Master.Negotiation;
using Plenum.Master.Reads;
using Plenum.Master.Routing;
using Plenum.Master.Streams;
using Plenum.Protocol.V1.Master;
using Type = Plenum.Protocol.V1.Master.Call.Types.Type;

namespace Plenum.Master.Operator;

/// <summary>
/// <c>/api/v1</c>: one path, and the call's type says what is wanted. What this master cannot do is
/// answered with 501; nothing is ever answered that is not so.
/// </summary>
internal sealed partial class OperatorEndpoint(
    KernelLoop loop,
    SharedReads reads,
    OperatorStreams streams,
    Teardown teardown,
    AgentRemoval agentRemoval,
    OperatorChanges changes,
    OperatorAnswers answers,
    LocalCalls local,
    MasterMetrics metrics,
    MasterOptions options,
    TimeProvider clock,
    ILogger logger)
{
    /// <summary>
    /// One agent, task or framework, the last with all its offers: a thousand of these take some megabytes. SUBSCRIBED
    /// is written in pieces and has no such bound.
    /// </summary>
    private const int MaxEventBytes = 256 * 1024 * 1024;

    public async Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        if (Requests.FormatOf(request) is not { } inputFormat)
        {
            await Requests.RefuseContentTypeAsync(context);
            return;
        }

        var body = await RequestBody.ReadAsync(request, context.RequestAborted);
        var decoded = WireCodec.TryDecode(inputFormat, Call.Parser, body, out var call, out var error);
        request.BodyReader.AdvanceTo(body.End);
        if (!decoded || !call!.HasType)
        {
            await Answers.TextAsync(context, HttpStatusCode.BadRequest, error ?? "The call has no type");
            return;
        }

        if (BodyFormats.FromAccept(request.Headers.Accept) is not { } format)
        {
            await Requests.RefuseAcceptAsync(context);
            return;
        }

        if (CallRules.Of(call.Type) is { } rule && !await options.Access.PassesAsync(rule, context))
        {
            return;
        }

        switch (call.Type)
        {
            case Type.Subscribe:
                await SubscribeAsync(context, format);
                break;
            case Type.Teardown when call.Teardown is null:
                await Answers.TextAsync(context, HttpStatusCode.BadRequest, "The call has no 'teardown'");
                break;
            case Type.Teardown:
                await teardown.HandleAsync(context, call.Teardown.FrameworkId.Value);
                break;
            case Type.MarkAgentGone when call.MarkAgentGone is null:
                await Answers.TextAsync(context, HttpStatusCode.BadRequest, "The call has no 'mark_agent_gone'");
                break;
            case Type.MarkAgentGone:
                await agentRemoval.HandleAsync(context, call.MarkAgentGone.AgentId);
                break;
            case var type when LocalCalls.Serves(type):
                await local.HandleAsync(context, call, format);
                break;
            case var type when OperatorChanges.Serves(type):
                await changes.HandleAsync(context, call);
                break;
            default:
                await ReadAsync(context, call.Type, format);
                break;
        }
    }

    private async Task ReadAsync(HttpContext context, Type type, BodyFormat format)
    {
        if (answers.FromSnapshot(type) is { } read)
        {
            var body = await reads.GetAsync(
                $"v1 {type} {format}",
                (state, output) => WireCodec.Encode(format, read(state), output),
                keep: type != Type.GetMetrics,
                context.RequestAborted);
            await Answers.BytesAsync(context, BodyFormats.NameOf(format), body);
            return;
        }

        if (answers.Fixed(type) is not { } answer)
        {
            await Answers.TextAsync(
                context,
                HttpStatusCode.NotImplemented,
                $"Calls of type {WireNames.Of(type)} are not served by this master");
            return;
        }

        var buffer = new ArrayBufferWriter<byte>();
        WireCodec.Encode(format, answer, buffer);
        await Answers.BytesAsync(context, BodyFormats.NameOf(format), buffer.WrittenMemory);
    }

    private async Task SubscribeAsync(HttpContext context, BodyFormat format)
    {
        if (await BeginAsync(context, format) is not var (response, stream))
        {
            return;
        }

        try
        {
            // Heartbeats, the first one an interval from now.
            var heartbeat = new Event { Type = Event.Types.Type.Heartbeat };
            await using var timer = clock.CreateTimer(
                _ => stream.Send(heartbeat), null, options.HeartbeatInterval, options.HeartbeatInterval);
            await response.PumpAsync(stream);
        }
        finally
        {
            End(stream);
        }
    }

    /// <summary>
    /// Joins the stream and writes its first record; null when the reader is gone already. A method of its own, for the
    /// state of the whole cluster is among its locals: those of the caller live as long as the stream, which may be months.
    /// </summary>
    private async Task<(RecordResponse Response, OutboundStream<Event> Stream)?> BeginAsync(HttpContext context, BodyFormat format)
    {
        // 1. Join the stream and take the state at the same point of the release order.
        var joined = new TaskCompletionSource<(ClusterSnapshot State, OutboundStream<Event> Stream)>(
            TaskCreationOptions.RunContinuationsAsynchronously);
        await loop.ReadAsync(state => joined.TrySetResult((state, streams.Open())), context.RequestAborted);
        if (await Task.WhenAny(joined.Task, loop.Completion) != joined.Task)
        {
            throw new MasterStoppedException();
        }

        var (state, stream) = await joined.Task;
        var begun = false;
        try
        {
            // 2. Answer, and send the state before anything that was queued meanwhile.
            var response = await RecordResponse.StartAsync(context, format, MaxEventBytes);
            var subscribed = StateMessages.Subscribed(state, options.HeartbeatInterval);

            // A thread of its own: the length of a large state takes long enough to keep others waiting for the pool's.
            await System.Threading.Tasks.Task.Factory.StartNew(
                () => subscribed.Measure(format == BodyFormat.Json),
                context.RequestAborted,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
            begun = await response.BeginAsync(stream, subscribed);
            return begun ? (response, stream) : null;
        }
        finally
        {
            if (!begun)
            {
                End(stream);
            }
        }
    }

    private void End(OutboundStream<Event> stream)
    {
        if (stream.BreakReason is { } reason)
        {
            metrics.SlowOperatorReader();
            Log.Dropped(logger, reason);
        }

        streams.Remove(stream);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A reader of the operator stream was dropped: {Reason}")]
        public static partial void Dropped(ILogger logger, string reason);
    }
}
