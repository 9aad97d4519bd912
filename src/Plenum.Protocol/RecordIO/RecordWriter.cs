using System.IO.Pipelines;
using Google.Protobuf;
using Plenum.Protocol.Json;

namespace Plenum.Protocol.RecordIO;

/// <summary>
/// Writes records to a pipe, each with its header in one flush: the node client loses a record whose
/// header and body, or two records, come in one HTTP chunk or in several. One writer at a time.
/// </summary>
public sealed class RecordWriter(PipeWriter output, int maximumRecord = RecordLimits.DefaultMaximumRecord)
{
    /// <summary>What node, as others, reads from a socket at once.</summary>
    private const int Piece = 64 * 1024;

    /// <summary>False when the other side has stopped reading: nothing more will arrive there.</summary>
    /// <exception cref="RecordIOException">The record is larger than readers accept; nothing was written.</exception>
    public ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> record, CancellationToken cancellationToken = default)
    {
        Put(record.Span);
        return FlushAsync(cancellationToken);
    }

    /// <summary>Encodes a message as protobuf or JSON and writes it as one record.</summary>
    /// <exception cref="RecordIOException">The record is larger than readers accept; nothing was written.</exception>
    public ValueTask<bool> WriteAsync(IMessage message, bool json = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (json)
        {
            using var buffer = new PooledBuffer();
            MesosJson.Write(message, buffer);
            Put(buffer.Written);
        }
        else
        {
            var length = message.CalculateSize();
            var span = Reserve(length, out var header);
            message.WriteTo(span.Slice(header, length));
            output.Advance(header + length);
        }
        return FlushAsync(cancellationToken);
    }

    /// <summary>
    /// Writes a message as one record, a piece at a time, with no bound but that of a record's length: it is held
    /// nowhere. A record of one piece is one HTTP chunk as any other; of a longer one no client can expect that, since none
    /// reads more than a piece at once from its socket.
    /// </summary>
    /// <exception cref="RecordIOException">The record is longer than any reader can take; nothing was written.</exception>
    /// <exception cref="InvalidOperationException">The message was not the same a second time: the stream is broken.</exception>
    public async ValueTask<bool> WriteAsync(StreamedMessage message, bool json, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        var length = message.Measure(json);
        if (length > int.MaxValue)
        {
            throw new RecordIOException($"record of {length} bytes is larger than {int.MaxValue} bytes");
        }

        using var piece = new PooledBuffer();
        piece.Advance(RecordFraming.WriteHeader(piece.GetSpan(RecordLimits.MaximumHeader + 1), (int)length));
        var left = length + piece.Written.Length;
        foreach (var _ in message.Write(piece, json))
        {
            if (piece.Written.Length < Piece)
            {
                continue;
            }

            left -= Take(piece);
            if (!await FlushAsync(cancellationToken))
            {
                return false;
            }
        }

        left -= Take(piece);
        if (left != 0)
        {
            throw new InvalidOperationException($"a record of {length} bytes came out {-left} bytes longer than measured");
        }

        return await FlushAsync(cancellationToken);
    }

    private int Take(PooledBuffer piece)
    {
        var written = piece.Written;
        written.CopyTo(output.GetSpan(written.Length));
        output.Advance(written.Length);
        piece.Clear();
        return written.Length;
    }

    private void Put(ReadOnlySpan<byte> record)
    {
        var span = Reserve(record.Length, out var header);
        record.CopyTo(span[header..]);
        output.Advance(header + record.Length);
    }

    // One reservation for header and record: Kestrel makes an HTTP chunk of each block it hands out.
    private Span<byte> Reserve(int length, out int header)
    {
        if (length > maximumRecord)
        {
            throw new RecordIOException($"record of {length} bytes is larger than {maximumRecord} bytes");
        }
        var span = output.GetSpan(RecordFraming.HeaderLength(length) + length);
        header = RecordFraming.WriteHeader(span, length);
        return span;
    }

    private async ValueTask<bool> FlushAsync(CancellationToken cancellationToken)
    {
        var result = await output.FlushAsync(cancellationToken);
        return !result.IsCompleted;
    }
}
