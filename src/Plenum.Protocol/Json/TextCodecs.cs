using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using Google.Protobuf;

namespace Plenum.Protocol.Json;

internal sealed class StringCodec : ValueCodec<string>
{
    public override void Write(ref JsonSink sink, string value) => sink.String(value);

    public override bool TryRead(ref Utf8JsonReader reader, out string value)
    {
        if (reader.TokenType is not JsonTokenType.String)
        {
            throw Expected("a string", ref reader);
        }
        value = Text(ref reader);
        return true;
    }

    /// <summary>Whether the string at the reader's token is this one; the framework's own comparison throws for half a surrogate pair.</summary>
    public static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> text) => reader.ValueIsEscaped
        ? Encoding.UTF8.GetBytes(Text(ref reader)).AsSpan().SequenceEqual(text)
        : reader.ValueSpan.SequenceEqual(text);

    /// <summary>The text of a string or name; the framework reports text that is not Unicode late and as a bug.</summary>
    public static string Text(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new MesosJsonException("string is not valid UTF-8 or holds half of a surrogate pair");
        }
    }
}

internal sealed class BytesCodec : ValueCodec<ByteString>
{
    public override void Write(ref JsonSink sink, ByteString value) => sink.Base64(value.Span);

    public override bool TryRead(ref Utf8JsonReader reader, out ByteString value)
    {
        if (reader.TokenType is not JsonTokenType.String)
        {
            throw Expected("a base64 string", ref reader);
        }
        value = TryDecode(ref reader, out var bytes)
            ? UnsafeByteOperations.UnsafeWrap(bytes)
            : throw new MesosJsonException("string is not base64");
        return true;
    }

    // An escape that is half a surrogate pair is no base64 either; the framework reports it late and as a bug.
    private static bool TryDecode(ref Utf8JsonReader reader, [NotNullWhen(true)] out byte[]? bytes)
    {
        try
        {
            return reader.TryGetBytesFromBase64(out bytes);
        }
        catch (InvalidOperationException)
        {
            bytes = null;
            return false;
        }
    }
}
