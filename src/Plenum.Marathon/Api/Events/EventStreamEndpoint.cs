using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
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

    private int _open;

    public async Task<ApiAnswer> StreamAsync(ApiCall call)
    {
        if (HttpMethods.IsHead(call.Context.Request.Method))
        {
            return new ApiProblem(405, "The head of the event stream cannot be asked for: use GET");
        }

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
        using var subscription = hub.Subscribe(
            call.Marathon.Options.EventStreamCapacity, new MarathonEvent.StreamAttached(timeProvider.GetUtcNow(), remote));
        try
        {
            var response = call.Context.Response;
            response.StatusCode = 200;
            response.ContentType = "text/event-stream";
            call.Context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            await response.StartAsync(call.Aborted);

            // The head must not wait for the first event.
            await response.BodyWriter.FlushAsync(call.Aborted);
            var pump = new EventPump<MarathonEvent>(
                subscription, options.EventHeartbeat, timeProvider, happened => wanted.Count == 0 || wanted.Contains(happened.Type) ? Frame(happened) : null);
            await pump.RunAsync(call.Context);
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
