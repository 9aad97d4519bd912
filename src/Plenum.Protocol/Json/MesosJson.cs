using System.Buffers;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Plenum.Protocol.Json;

/// <summary>
/// The JSON form that Mesos gives its messages. It differs from canonical proto3 JSON: snake_case
/// names, 64-bit integers as numbers, declared defaults printed, explicit null means absent, and
/// <c>Infinity</c> bare. Driven by descriptors: one plan for each message type, made on first use.
/// </summary>
public static class MesosJson
{
    /// <summary>
    /// Objects and arrays inside each other. The deepest legitimate message is a container id with
    /// its 32 levels of parents inside a response; protobuf's own reader stops at the same number.
    /// </summary>
    public const int MaximumDepth = 100;

    /// <summary>Encodes a message as one line of ASCII.</summary>
    public static byte[] Write(IMessage message)
    {
        using var buffer = new PooledBuffer();
        Write(message, buffer);
        return buffer.Written.ToArray();
    }

    /// <summary>Encodes a message as one line of ASCII.</summary>
    public static void Write(IMessage message, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(output);
        var plan = MessagePlan.Of(message.Descriptor);
        var sink = new JsonSink(output);
        plan.Write(ref sink, message);
        sink.Complete();
    }

    /// <summary>Decodes one message; the caller has bounded the size of the text.</summary>
    /// <exception cref="MesosJsonException">The text is not JSON, or not this message.</exception>
    public static T Parse<T>(ReadOnlySpan<byte> json)
        where T : IMessage, new()
    {
        var message = new T();
        Fill(message, json);
        return message;
    }

    /// <summary>Decodes one message of a type known at run time only.</summary>
    /// <exception cref="MesosJsonException">The text is not JSON, or not this message.</exception>
    public static IMessage Parse(MessageDescriptor type, ReadOnlySpan<byte> json)
    {
        ArgumentNullException.ThrowIfNull(type);
        var message = (IMessage)Activator.CreateInstance(type.ClrType)!;
        Fill(message, json);
        return message;
    }

    private static void Fill(IMessage message, ReadOnlySpan<byte> json)
    {
        var text = BareInfinity.Quote(json, out var insertions);
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = MaximumDepth });
        try
        {
            reader.Read();
            MessagePlan.Of(message.Descriptor).Read(ref reader, message);
            reader.Read();
        }
        catch (MesosJsonException refused)
        {
            throw JsonLocation.Locate(text, insertions, refused, reader.TokenStartIndex);
        }
        catch (JsonException malformed)
        {
            throw JsonLocation.Locate(text, insertions, malformed);
        }
    }
}
