using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Plenum.Marathon.Api;
using Plenum.Marathon.Api.Events;
using Plenum.Metronome.Api.Jobs;
using Plenum.Metronome.Api.Runs;
using Plenum.Metronome.Definitions.Writing;
using Plenum.Metronome.Events;

namespace Plenum.Metronome.Api.Events;

/// <summary>
/// The event stream, in the form of Marathon's: <c>event_type</c> chooses, and a client that does not keep up is
/// disconnected and reads the state anew.
/// </summary>
internal sealed class JobEventStream(TimeProvider clock)
{
    /// <summary>Streams that may be open together; each costs a connection and a buffer of events.</summary>
    private const int MaxStreams = 256;

    /// <summary>Marathon's own pace, which proxies between are set up for.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private int _open;

    public async Task<ApiAnswer> StreamAsync(JobCall call)
    {
        if (!call.Context.Request.Headers.Accept.Any(static accept => accept?.Contains("text/event-stream", StringComparison.OrdinalIgnoreCase) == true))
        {
            return JobProblem.Of(406, "Not Acceptable: the event stream needs the header Accept: text/event-stream", call.Path);
        }

        if (Interlocked.Increment(ref _open) > MaxStreams)
        {
            Interlocked.Decrement(ref _open);
            return JobProblem.Of(503, $"Too many event streams! Allowed: {MaxStreams}.", call.Path);
        }

        try
        {
            await PumpAsync(call);
        }
        catch (OperationCanceledException) when (call.Context.RequestAborted.IsCancellationRequested)
        {
            // The usual end of a stream: the client left.
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }

        return ApiAnswer.Streamed;
    }

    private async Task PumpAsync(JobCall call)
    {
        var wanted = call.Context.Request.Query["event_type"].OfType<string>().ToHashSet(StringComparer.Ordinal);
        using var subscription = call.Metronome.Events.Subscribe(call.Metronome.Options.EventStreamCapacity);
        var response = call.Context.Response;
        response.StatusCode = 200;
        response.ContentType = "text/event-stream";
        call.Context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await response.StartAsync(call.Context.RequestAborted);

        // The head must not wait for the first event.
        await response.BodyWriter.FlushAsync(call.Context.RequestAborted);
        var pump = new EventPump<JobEvent>(
            subscription, Heartbeat, clock, happened => wanted.Count == 0 || wanted.Contains(happened.Type) ? Frame(happened) : null);
        await pump.RunAsync(call.Context);
    }

    private static byte[] Frame(JobEvent happened)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            Write(writer, happened);
        }

        return [.. Encoding.UTF8.GetBytes($"event: {happened.Type}\r\ndata: "), .. buffer.WrittenSpan, .. "\r\n\r\n"u8];
    }

    private static void Write(Utf8JsonWriter writer, JobEvent happened)
    {
        writer.WriteStartObject();
        writer.WriteString("eventType", happened.Type);
        writer.WriteTime("timestamp", happened.At);
        writer.WriteString("jobId", happened.JobId);
        switch (happened)
        {
            case JobEvent.Created created:
                writer.WritePropertyName("job");
                JobWriter.Write(writer, created.Spec, now: null);
                break;
            case JobEvent.Updated updated:
                writer.WritePropertyName("job");
                JobWriter.Write(writer, updated.Spec, now: null);
                break;
            case JobEvent.RunCreated or JobEvent.RunUpdated or JobEvent.RunFinished:
                writer.WritePropertyName("run");
                RunView.Write(writer, happened switch
                {
                    JobEvent.RunCreated created => created.Run,
                    JobEvent.RunUpdated updated => updated.Run,
                    _ => ((JobEvent.RunFinished)happened).Run,
                });
                break;
            case JobEvent.TickSkipped skipped:
                writer.WritePropertyName("skippedTick");
                JobView.WriteSkip(writer, skipped.Tick);
                break;
            default:
                break;
        }

        writer.WriteEndObject();
    }
}
