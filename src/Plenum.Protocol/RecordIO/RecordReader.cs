using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using Plenum.Protocol.Json;

namespace Plenum.Protocol.RecordIO;

/// <summary>
/// Reads records off a pipe. One reader at a time. The memory it can hold is one record of the
/// largest size, since the pipe's own back pressure stops the sender after that.
/// </summary>
public sealed class RecordReader(PipeReader input, int maximumRecord = RecordLimits.DefaultMaximumRecord)
{
    /// <summary>The next record, or null when the stream ended between two records.</summary>
    /// <exception cref="RecordIOException">Bad framing, a record too large, or an end inside a record.</exception>
    public async ValueTask<byte[]?> ReadAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            if (TryRead(result, ref buffer, out var record))
            {
                var bytes = record.ToArray();
                input.AdvanceTo(record.End);
                return bytes;
            }
            if (NeedsMore(result))
            {
                continue;
            }
            return null;
        }
    }

    /// <summary>The next record as a protobuf or JSON message, or null at the end of the stream.</summary>
    /// <exception cref="RecordIOException">Bad framing, a record too large, or an end inside a record.</exception>
    /// <exception cref="InvalidProtocolBufferException">The record is not this message.</exception>
    /// <exception cref="MesosJsonException">The record is not this message.</exception>
    public async ValueTask<T?> ReadMessageAsync<T>(
        MessageParser<T> parser, bool json = false, CancellationToken cancellationToken = default)
        where T : class, IMessage<T>, new()
    {
        ArgumentNullException.ThrowIfNull(parser);
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            if (TryRead(result, ref buffer, out var record))
            {
                try
                {
                    return json ? Json<T>(record) : parser.ParseFrom(record);
                }
                finally
                {
                    input.AdvanceTo(record.End);
                }
            }
            if (NeedsMore(result))
            {
                continue;
            }
            return null;
        }
    }

    /// <summary>Every record to the end of the stream.</summary>
    public async IAsyncEnumerable<byte[]> ReadAllAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await ReadAsync(cancellationToken) is { } record)
        {
            yield return record;
        }
    }

    private static T Json<T>(ReadOnlySequence<byte> record)
        where T : IMessage, new() =>
        MesosJson.Parse<T>(record.IsSingleSegment ? record.FirstSpan : record.ToArray());

    // A read that was begun is also ended where the bytes are refused: the pipe is somebody's request body, and the server
    // drains what is left of it before the connection's next request.
    private bool TryRead(ReadResult result, ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> record)
    {
        try
        {
            return RecordFraming.TryRead(ref buffer, maximumRecord, out record);
        }
        catch (RecordIOException)
        {
            input.AdvanceTo(result.Buffer.End);
            throw;
        }
    }

    private bool NeedsMore(ReadResult result)
    {
        if (result.IsCanceled)
        {
            input.AdvanceTo(result.Buffer.Start);
            throw new OperationCanceledException("The read was cancelled through the pipe.");
        }
        if (!result.IsCompleted)
        {
            input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            return true;
        }
        var left = result.Buffer.Length;
        input.AdvanceTo(result.Buffer.End);
        return left == 0 ? false : throw new RecordIOException($"stream ended inside a record, {left} bytes after the last whole one");
    }
}
