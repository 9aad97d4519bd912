using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Plenum.Protocol.Json;

/// <summary>
/// Writes JSON tokens as ASCII. The framework's writer cannot be used: it refuses a bare Infinity,
/// prints 5 where Mesos prints 5.0, and escapes characters that Mesos leaves alone. Callers give
/// only well-formed sequences of tokens; nothing is checked.
/// </summary>
internal ref struct JsonSink(IBufferWriter<byte> output)
{
    // Asking a pipe for its memory costs more than writing a small member; 8 KiB spreads that.
    private const int SpanSize = 8 * 1024;

    // The longest number: the shortest form of a double has at most 24 characters, plus ".0".
    private const int MaximumNumberLength = 32;

    private const int EscapedLength = 6;
    private const int EscapeBatch = 1024;

    // Printable ASCII except the quote and the backslash. Everything else is escaped: the node
    // client compares the byte length of a record with its length in characters, and reads a raw
    // newline as the end of a record header.
    private static readonly SearchValues<char> Plain = SearchValues.Create(
        Enumerable.Range(0x20, 0x7F - 0x20).Select(code => (char)code).Where(c => c is not ('"' or '\\')).ToArray());

    private Span<byte> _span;
    private int _used;
    private bool _first;

    public void Open(byte bracket)
    {
        Raw(bracket);
        _first = true;
    }

    public void Close(byte bracket)
    {
        Raw(bracket);
        _first = false;
    }

    /// <summary>Starts a member; <paramref name="member"/> is <c>,"name":</c>, encoded once for all.</summary>
    public void Member(byte[] member)
    {
        ReadOnlySpan<byte> bytes = _first ? member.AsSpan(1) : member;
        _first = false;
        Raw(bytes);
    }

    /// <summary>Starts an element of an array, or a member whose name is data.</summary>
    public void Element()
    {
        if (!_first)
        {
            Raw((byte)',');
        }
        _first = false;
    }

    public void Raw(scoped ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_span[_used..]);
        _used += bytes.Length;
    }

    public void Raw(byte single)
    {
        Reserve(1);
        _span[_used++] = single;
    }

    public void Number(long value)
    {
        Reserve(MaximumNumberLength);
        Utf8Formatter.TryFormat(value, _span[_used..], out var written);
        _used += written;
    }

    public void Number(ulong value)
    {
        Reserve(MaximumNumberLength);
        Utf8Formatter.TryFormat(value, _span[_used..], out var written);
        _used += written;
    }

    public void Number(double value)
    {
        if (!double.IsFinite(value))
        {
            Raw(double.IsNaN(value) ? "null"u8 : value > 0 ? "Infinity"u8 : "-Infinity"u8);
            return;
        }
        Reserve(MaximumNumberLength);
        value.TryFormat(_span[_used..], out var written, default, CultureInfo.InvariantCulture);
        Fraction(written);
    }

    public void Number(float value)
    {
        if (!float.IsFinite(value))
        {
            Number((double)value);
            return;
        }
        Reserve(MaximumNumberLength);
        value.TryFormat(_span[_used..], out var written, default, CultureInfo.InvariantCulture);
        Fraction(written);
    }

    public void String(string value)
    {
        var plain = value.AsSpan().IndexOfAnyExcept(Plain);
        if (plain >= 0)
        {
            Escaped(value, plain);
            return;
        }
        Reserve(value.Length + 2);
        _span[_used++] = (byte)'"';
        Ascii.FromUtf16(value, _span[_used..], out var written);
        _used += written;
        _span[_used++] = (byte)'"';
    }

    public void Base64(ReadOnlySpan<byte> bytes)
    {
        Reserve(System.Buffers.Text.Base64.GetMaxEncodedToUtf8Length(bytes.Length) + 2);
        _span[_used++] = (byte)'"';
        System.Buffers.Text.Base64.EncodeToUtf8(bytes, _span[_used..], out _, out var written);
        _used += written;
        _span[_used++] = (byte)'"';
    }

    /// <summary>Hands the last bytes over; the sink is not used afterwards.</summary>
    public void Complete()
    {
        output.Advance(_used);
        _used = 0;
        _span = default;
    }

    // A whole double is printed as 5.0: clients in typed languages tell it from an integer by that.
    private void Fraction(int written)
    {
        var digits = _span.Slice(_used, written);
        _used += written;
        if (digits.IndexOfAny((byte)'.', (byte)'E') < 0)
        {
            _span[_used++] = (byte)'.';
            _span[_used++] = (byte)'0';
        }
    }

    private void Escaped(string value, int plain)
    {
        Raw((byte)'"');
        Reserve(plain);
        Ascii.FromUtf16(value.AsSpan(0, plain), _span[_used..], out var written);
        _used += written;
        for (var start = plain; start < value.Length; start += EscapeBatch)
        {
            var batch = value.AsSpan(start, Math.Min(EscapeBatch, value.Length - start));
            Reserve(batch.Length * EscapedLength);
            foreach (var character in batch)
            {
                _used += Escape(character, _span[_used..]);
            }
        }
        Raw((byte)'"');
    }

    private static int Escape(char character, Span<byte> to)
    {
        if (Plain.Contains(character))
        {
            to[0] = (byte)character;
            return 1;
        }

        var letter = character switch
        {
            '"' or '\\' => (byte)character,
            '\b' => (byte)'b',
            '\f' => (byte)'f',
            '\n' => (byte)'n',
            '\r' => (byte)'r',
            '\t' => (byte)'t',
            _ => (byte)'u',
        };
        to[0] = (byte)'\\';
        to[1] = letter;
        if (letter != 'u')
        {
            return 2;
        }
        Utf8Formatter.TryFormat((ushort)character, to[2..], out _, new StandardFormat('x', 4));
        return EscapedLength;
    }

    private void Reserve(int size)
    {
        if (_span.Length - _used >= size)
        {
            return;
        }
        output.Advance(_used);
        _used = 0;
        _span = output.GetSpan(Math.Max(size, SpanSize));
    }
}
