using System.Runtime.CompilerServices;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.Reflection;

namespace Plenum.Protocol.Json;

internal sealed class RepeatedFieldPlan<TMessage, TValue>(
    FieldDescriptor field,
    Func<TMessage, RepeatedField<TValue>> get,
    ValueCodec<TValue> codec) : FieldPlan(field)
    where TMessage : class, IMessage
{
    public override void Write(ref JsonSink sink, IMessage message)
    {
        var values = get(Unsafe.As<TMessage>(message));
        if (values.Count == 0)
        {
            return;
        }
        sink.Member(Member);
        sink.Open((byte)'[');
        for (var index = 0; index < values.Count; index++)
        {
            if (codec.HasForm(values[index]))
            {
                sink.Element();
                codec.Write(ref sink, values[index]);
            }
        }
        sink.Close((byte)']');
    }

    public override void Read(ref Utf8JsonReader reader, IMessage message)
    {
        if (reader.TokenType is not JsonTokenType.StartArray)
        {
            throw new MesosJsonException("expected an array");
        }
        var values = get(Unsafe.As<TMessage>(message));
        values.Clear();
        while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray)
        {
            if (reader.TokenType is not JsonTokenType.Null && codec.TryRead(ref reader, out var value))
            {
                values.Add(value);
            }
        }
    }

    public override bool IsSet(IMessage message) => get(Unsafe.As<TMessage>(message)).Count > 0;
}
