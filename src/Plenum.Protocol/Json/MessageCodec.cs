using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Plenum.Protocol.Json;

internal sealed class MessageCodec<T>(MessageDescriptor descriptor) : ValueCodec<T>
    where T : class, IMessage, new()
{
    // Found late, since messages contain themselves (the parent of a container id).
    private MessagePlan? _plan;

    private MessagePlan Plan => _plan ??= MessagePlan.Of(descriptor);

    public override void Write(ref JsonSink sink, T value) => Plan.Write(ref sink, value);

    public override bool TryRead(ref Utf8JsonReader reader, out T value)
    {
        if (reader.TokenType is not JsonTokenType.StartObject)
        {
            throw Expected("an object", ref reader);
        }
        value = new T();
        Plan.Read(ref reader, value);
        return true;
    }
}
