using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Plenum.Marathon.Events;

namespace Plenum.Marathon.Api.Events;

/// <summary>
/// The event stream. Frames end their lines with CR LF and have a space after "data:", because marathon-lb splits
/// them by exactly that. A client that does not keep up is disconnected: with events missing it would act on a wrong
/// picture, after a reconnect it reads the state anew.
/// </summary>
internal sealed class EventStreamEndpoint(MarathonApiOptions options, TimeProvider timeProvider)
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Half of what Kestrel takes before it makes the writer wait.
    private const int FlushAt = 32 * 1024;

    private int _open;

    public async Task<ApiAnswer> StreamAsync(ApiCall call)
    {
        if (!call.Context.Request.Headers.Accept.Any(accept => accept?.Contains("text/event-stream", StringComparison.OrdinalIgnoreCase) == true))
        {
            return new ApiProblem(406, "Not Acceptable: the event stream needs the header Accept: text/event-stream");
        }

        if (Interlocked.Increment(ref _open) > options.MaxEventStreams)
        {
            Interlocked.Decrement(ref _open);
            return new ApiProblem(503, $"Too many event streams! Allowed: {options.MaxEventStreams}.");
        }

        try
        {
            await StreamToClientAsync(call);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }

        return ApiAnswer.Streamed;
    }

    private async Task StreamToClientAsync(ApiCall call)
    {
        var hub = call.Marathon.Events;
        var wanted = call.Parameters("event_type").ToHashSet(StringComparer.Ordinal);
        var remote = call.RemoteAddress;
        using var subscription = hub.Subscribe(call.Marathon.Options.EventStreamCapacity);
        hub.Publish(new MarathonEvent.StreamAttached(timeProvider.GetUtcNow(), remote));
        try
        {
            var response = call.Context.Response;
            response.StatusCode = 200;
            response.ContentType = "text/event-stream";
            call.Context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            await response.StartAsync(call.Aborted);

            // The head must not wait for the first event.
            await response.BodyWriter.FlushAsync(call.Aborted);
            await PumpAsync(call, subscription, wanted);
        }
        catch (OperationCanceledException) when (call.Aborted.IsCancellationRequested)
        {
            // The usual end of a stream: the client left.
        }
        finally
        {
            subscription.Dispose();
            hub.Publish(new MarathonEvent.StreamDetached(timeProvider.GetUtcNow(), remote));
        }
    }

    private async Task PumpAsync(ApiCall call, EventSubscription subscription, HashSet<string> wanted)
    {
        var output = call.Context.Response.BodyWriter;
        Task<bool>? waiting = null;
        while (true)
        {
            while (subscription.Events.TryRead(out var happened))
            {
                if (wanted.Count == 0 || wanted.Contains(happened.Type))
                {
                    output.Write(Frame(happened));
                }

                // Flush when the buffer ran dry or a good piece of it is waiting, not for every event of a burst.
                if (output.UnflushedBytes >= FlushAt && !await FlushAsync(call, subscription))
                {
                    return;
                }
            }

            if (!await FlushAsync(call, subscription))
            {
                return;
            }

            waiting ??= subscription.Events.WaitToReadAsync(call.Aborted).AsTask();
            try
            {
                if (!await waiting.WaitAsync(options.EventHeartbeat, timeProvider, call.Aborted))
                {
                    if (subscription.TooSlow)
                    {
                        call.Context.Abort();
                    }

                    return;
                }

                waiting = null;
            }
            catch (TimeoutException)
            {
                // A bare line end keeps proxies and clients from giving the connection up.
                output.Write("\r\n"u8);
            }
        }
    }

    /// <summary>False when the client stopped reading and its buffer overflowed meanwhile.</summary>
    private async Task<bool> FlushAsync(ApiCall call, EventSubscription subscription)
    {
        if (call.Context.Response.BodyWriter.UnflushedBytes == 0)
        {
            return true;
        }

        var flush = call.Context.Response.BodyWriter.FlushAsync(call.Aborted);
        if (flush.IsCompletedSuccessfully)
        {
            return !flush.Result.IsCompleted;
        }

        var pending = flush.AsTask();
        while (true)
        {
            try
            {
                return !(await pending.WaitAsync(options.EventHeartbeat, timeProvider, call.Aborted)).IsCompleted;
            }
            catch (TimeoutException)
            {
                if (subscription.TooSlow)
                {
                    call.Context.Abort();
                    return false;
                }
            }
        }
    }

    private static byte[] Frame(MarathonEvent happened)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            EventView.Write(writer, happened);
        }

        return [.. Encoding.UTF8.GetBytes($"event: {happened.Type}\r\ndata: "), .. buffer.WrittenSpan, .. "\r\n\r\n"u8];
    }
}
