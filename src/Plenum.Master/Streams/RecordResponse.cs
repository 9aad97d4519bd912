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
    /// Writes a record ahead of what is queued; false when the stream is over already. Apart from
    /// <see cref="PumpAsync"/>, whose locals live as long as the stream: the record may be the state of a whole cluster.
    /// </summary>
    public Task<bool> BeginAsync<T>(OutboundStream<T> stream, StreamedMessage first)
        where T : class, IMessage =>
        UntilOverAsync(stream, async ended => await _records.WriteAsync(first, _json, ended));

    /// <summary>
    /// Writes what is queued until the stream ends, the caller hangs up, or the stream is cut off; in the
    /// last case the connection is aborted, since a clean end would look like a complete stream.
    /// </summary>
    public Task PumpAsync<T>(OutboundStream<T> stream)
        where T : class, IMessage =>
        UntilOverAsync(stream, async ended =>
        {
            while (await stream.Messages.WaitToReadAsync(ended))
            {
                while (stream.Messages.TryRead(out var message))
                {
                    if (!await _records.WriteAsync(message, _json, ended))
                    {
                        return false;
                    }
                }
            }

            return false;
        });

    private async Task<bool> UntilOverAsync<T>(OutboundStream<T> stream, Func<CancellationToken, Task<bool>> write)
        where T : class, IMessage
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(
            stream.Broken, _context.RequestAborted);
        try
        {
            return await write(ended.Token);
        }
        catch (RecordIOException exception)
        {
            stream.Break(exception.Message);
            _context.Abort();
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // Both say that nobody reads any more, which is the normal end of every stream.
            _context.Abort();
        }

        return false;
    }
}
