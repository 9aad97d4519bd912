using System.Buffers;
using System.Buffers.Text;

namespace Plenum.Protocol.RecordIO;

/// <summary>The framing itself: <c>&lt;decimal length&gt;\n&lt;bytes&gt;</c>, repeated, nothing between records.</summary>
public static class RecordFraming
{
    /// <summary>One record with its header, for queues that hold finished bytes.</summary>
    public static byte[] Frame(ReadOnlySpan<byte> record)
    {
        var framed = new byte[HeaderLength(record.Length) + record.Length];
        record.CopyTo(framed.AsSpan(WriteHeader(framed, record.Length)));
        return framed;
    }

    /// <summary>
    /// Takes the first record off <paramref name="buffer"/>. False: more bytes are needed, and
    /// <paramref name="buffer"/> is unchanged.
    /// </summary>
    /// <exception cref="RecordIOException">The header is not a plain decimal number within the limits.</exception>
    public static bool TryRead(ref ReadOnlySequence<byte> buffer, int maximumRecord, out ReadOnlySequence<byte> record)
    {
        record = default;
        var reader = new SequenceReader<byte>(buffer);
        long length = 0;
        var digits = 0;
        while (true)
        {
            if (!reader.TryRead(out var next))
            {
                return false;
            }
            if (next == '\n' && digits > 0)
            {
                break;
            }
            if (next is < (byte)'0' or > (byte)'9')
            {
                throw new RecordIOException($"record header holds byte 0x{next:x2} where a decimal digit belongs");
            }
            if (++digits > RecordLimits.MaximumHeader)
            {
                throw new RecordIOException($"record header is longer than {RecordLimits.MaximumHeader} digits");
            }

            // Twenty digits can overflow; past the limit the exact number does not matter.
            length = Math.Min((length * 10) + (next - '0'), (long)int.MaxValue + 1);
        }
        if (length > maximumRecord)
        {
            throw new RecordIOException($"record is larger than {maximumRecord} bytes");
        }
        if (reader.Remaining < length)
        {
            return false;
        }
        record = buffer.Slice(reader.Position, length);
        buffer = buffer.Slice(record.End);
        return true;
    }

    internal static int HeaderLength(int recordLength)
    {
        var digits = 1;
        for (var rest = recordLength; rest >= 10; rest /= 10)
        {
            digits++;
        }
        return digits + 1;
    }

    internal static int WriteHeader(Span<byte> to, int recordLength)
    {
        Utf8Formatter.TryFormat(recordLength, to, out var digits);
        to[digits] = (byte)'\n';
        return digits + 1;
    }
}
