using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using Plenum.Protocol.Json;

namespace Plenum.Master.Negotiation;

/// <summary>Messages from and to bytes in either format.</summary>
internal static class WireCodec
{
    public static void Encode(BodyFormat format, IMessage message, IBufferWriter<byte> output)
    {
        if (format == BodyFormat.Json)
        {
            MesosJson.Write(message, output);
        }
        else
        {
            message.WriteTo(output);
        }
    }

    /// <summary>False, with the reason for the caller, when the bytes are no complete message.</summary>
    public static bool TryDecode<T>(
        BodyFormat format,
        MessageParser<T> parser,
        in ReadOnlySequence<byte> body,
        [NotNullWhen(true)] out T? message,
        [NotNullWhen(false)] out string? error)
        where T : class, IMessage<T>, new()
    {
        message = null;
        try
        {
            message = format == BodyFormat.Json
                ? MesosJson.Parse<T>(body.IsSingleSegment ? body.FirstSpan : body.ToArray())
                : parser.ParseFrom(body);
        }
        catch (MesosJsonException exception)
        {
            error = $"Failed to parse the body as JSON: {exception.Message}";
            return false;
        }
        catch (InvalidProtocolBufferException exception)
        {
            error = $"Failed to parse the body as protobuf: {exception.Message}";
            return false;
        }

        // C# code for proto2 does not enforce required fields.
        if (RequiredFields.FirstMissing(message) is { } missing)
        {
            message = null;
            error = $"Missing required field '{missing}'";
            return false;
        }

        error = null;
        return true;
    }
}
