using System.Buffers;
using System.Globalization;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Plenum.Protocol.Json;

namespace Plenum.Protocol.RecordIO;

/// <summary>
/// A message too large to be held: long lists of messages, at any depth, that are made one by one while it is
/// written. It is walked twice, once for the length that stands in front of a record, and both walks must give the
/// same: the lists come from something that does not change. The bytes are those of the whole message.
/// </summary>
public sealed class StreamedMessage
{
    private readonly List<Part> _parts = [];
    private long? _binarySize;
    private long? _textSize;

    /// <summary>Fields that are simply there; <paramref name="fields"/> has nothing else.</summary>
    public StreamedMessage With(IMessage fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        var number = fields.Descriptor.Fields.InFieldNumberOrder().First(field => field.Accessor.HasValue(fields));
        _parts.Add(new Part(number, fields, null, null));
        return this;
    }

    public StreamedMessage With(MessageDescriptor type, int field, StreamedMessage message)
    {
        ArgumentNullException.ThrowIfNull(type);
        _parts.Add(new Part(type.FindFieldByNumber(field), null, message, null));
        return this;
    }

    /// <summary>Nothing is written for an empty list. In the order in which the type declares its fields, as JSON has them.</summary>
    public StreamedMessage With(MessageDescriptor type, int field, IEnumerable<IMessage> list)
    {
        ArgumentNullException.ThrowIfNull(type);
        _parts.Add(new Part(type.FindFieldByNumber(field), null, null, list));
        return this;
    }

    /// <summary>Bytes of the whole; walks everything the first time.</summary>
    public long Measure(bool json)
    {
        if (!json)
        {
            return BinarySize();
        }

        if (_textSize is { } known)
        {
            return known;
        }

        var length = 0L;
        using var buffer = new PooledBuffer();
        foreach (var _ in WriteJson(buffer))
        {
            length += buffer.Written.Length;
            buffer.Clear();
        }

        length += buffer.Written.Length;
        _textSize = length;
        return length;
    }

    /// <summary>Writes it; between two steps what is in <paramref name="output"/> may be taken away.</summary>
    internal IEnumerable<bool> Write(PooledBuffer output, bool json) => json ? WriteJson(output) : WriteBinary(output);

    private static void PutLength(PooledBuffer output, ulong value)
    {
        var span = output.GetSpan(10);
        var used = 0;
        for (; value >= 0x80; value >>= 7)
        {
            span[used++] = (byte)(value | 0x80);
        }

        span[used++] = (byte)value;
        output.Advance(used);
    }

    private static void PutText(PooledBuffer output, string text) =>
        output.Advance(Encoding.ASCII.GetBytes(text, output.GetSpan(text.Length)));

    private static ulong TagOf(FieldDescriptor field) => ((ulong)field.FieldNumber << 3) | (ulong)WireFormat.WireType.LengthDelimited;

    private static long SizeOf(FieldDescriptor field, long content) =>
        CodedOutputStream.ComputeTagSize(field.FieldNumber) + CodedOutputStream.ComputeUInt64Size((ulong)content) + content;

    private long BinarySize()
    {
        if (_binarySize is { } known)
        {
            return known;
        }

        var size = 0L;
        foreach (var part in _parts)
        {
            size += part.Fields?.CalculateSize() ?? 0;
            size += part.Message is { } message ? SizeOf(part.Field, message.BinarySize()) : 0;
            size += part.List?.Sum(item => SizeOf(part.Field, item.CalculateSize())) ?? 0;
        }

        _binarySize = size;
        return size;
    }

    private IEnumerable<bool> WriteBinary(PooledBuffer output)
    {
        foreach (var part in _parts.OrderBy(static part => part.Field.FieldNumber))
        {
            part.Fields?.WriteTo(output);
            if (part.Message is { } message)
            {
                PutLength(output, TagOf(part.Field));
                PutLength(output, (ulong)message.BinarySize());
                foreach (var step in message.WriteBinary(output))
                {
                    yield return step;
                }
            }

            foreach (var item in part.List ?? [])
            {
                PutLength(output, TagOf(part.Field));
                PutLength(output, (ulong)item.CalculateSize());
                item.WriteTo(output);
                yield return true;
            }
        }
    }

    private IEnumerable<bool> WriteJson(PooledBuffer output)
    {
        var separator = "{";
        foreach (var part in _parts)
        {
            if (part.Fields is { } fields)
            {
                var text = MesosJson.Write(fields);
                PutText(output, separator);
                output.Write(text.AsSpan(1, text.Length - 2));
                separator = ",";
            }

            if (part.Message is { } message)
            {
                PutText(output, string.Create(CultureInfo.InvariantCulture, $"{separator}\"{part.Field.Name}\":"));
                separator = ",";
                foreach (var step in message.WriteJson(output))
                {
                    yield return step;
                }
            }

            var isOpen = false;
            foreach (var item in part.List ?? [])
            {
                PutText(output, isOpen ? "," : string.Create(CultureInfo.InvariantCulture, $"{separator}\"{part.Field.Name}\":["));
                (isOpen, separator) = (true, ",");
                MesosJson.Write(item, output);
                yield return true;
            }

            if (isOpen)
            {
                PutText(output, "]");
            }
        }

        PutText(output, separator == "{" ? "{}" : "}");
    }

    /// <summary>One of the three.</summary>
    private sealed record Part(FieldDescriptor Field, IMessage? Fields, StreamedMessage? Message, IEnumerable<IMessage>? List);
}
