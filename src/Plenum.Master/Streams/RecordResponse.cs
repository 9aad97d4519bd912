using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Plenum.Master.Negotiation;
using Plenum.Protocol.RecordIO;

namespace Plenum.Master.Streams;

/// <summary>
/// A streaming answer as Mesos clients know it: 200 at once, the bare message type as Content-Type, no
/// Content-Length, and one RecordIO record in each chunk.
/// </summary>
internal sealed class RecordResponse
{
    private readonly HttpContext _context;
    private readonly RecordWriter _records;
    private readonly bool _json;

    private RecordResponse(HttpContext context, BodyFormat format, int maximumRecord)
    {
        _context = context;
        _json = format == BodyFormat.Json;
        _records = new RecordWriter(context.Response.BodyWriter, maximumRecord);
    }

    /// <summary>Sends the headers: mesos-go gives up when they take longer than 15 seconds.</summary>
    public static async Task<RecordResponse> StartAsync(
        HttpContext context, BodyFormat format, int maximumRecord = RecordLimits.DefaultMaximumRecord)
    {
        // The queue's bound decides who is too slow; Kestrel's bytes-per-second rule would cut off a
        // framework that merely pauses for a garbage collection.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        context.Response.ContentType = BodyFormats.NameOf(format);
        await context.Response.StartAsync(context.RequestAborted);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        return new RecordResponse(context, format, maximumRecord);
    }

    /// <summary>
    /// Writes what is queued until the stream ends, the caller hangs up, or the stream is cut off; in the
    /// last case the connection is aborted, since a clean end would look like a complete stream.
    /// </summary>
    public async Task PumpAsync<T>(OutboundStream<T> stream, StreamedMessage? first = null)
        where T : class, IMessage
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(
            stream.Broken, _context.RequestAborted);
        try
        {
            if (first is not null)
            {
                await _records.WriteAsync(first, _json, ended.Token);
            }

            while (await stream.Messages.WaitToReadAsync(ended.Token))
            {
                while (stream.Messages.TryRead(out var message))
                {
                    if (!await _records.WriteAsync(message, _json, ended.Token))
                    {
                        return;
                    }
                }
            }
        }
        catch (RecordIOException exception)
        {
            stream.Break(exception.Message);
            _context.Abort();
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // Both say that nobody reads any more, which is this method's normal end.
            _context.Abort();
        }
    }
}
