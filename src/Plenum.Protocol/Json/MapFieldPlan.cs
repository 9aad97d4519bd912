using System.Runtime.CompilerServices;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.Reflection;

namespace Plenum.Protocol.Json;

/// <summary>A map is an object; every map of the Mesos API has string keys.</summary>
internal sealed class MapFieldPlan<TMessage, TValue>(
    FieldDescriptor field,
    Func<TMessage, MapField<string, TValue>> get,
    ValueCodec<TValue> codec) : FieldPlan(field)
    where TMessage : class, IMessage
{
    public override void Write(ref JsonSink sink, IMessage message)
    {
        var entries = get(Unsafe.As<TMessage>(message));
        if (entries.Count == 0)
        {
            return;
        }
        sink.Member(Member);
        sink.Open((byte)'{');
        foreach (var (key, value) in entries)
        {
            if (codec.HasForm(value))
            {
                sink.Element();
                sink.String(key);
                sink.Raw((byte)':');
                codec.Write(ref sink, value);
            }
        }
        sink.Close((byte)'}');
    }

    public override void Read(ref Utf8JsonReader reader, IMessage message)
    {
        if (reader.TokenType is not JsonTokenType.StartObject)
        {
            throw new MesosJsonException("expected an object");
        }
        var entries = get(Unsafe.As<TMessage>(message));
        entries.Clear();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var key = StringCodec.Text(ref reader);
            reader.Read();
            if (reader.TokenType is not JsonTokenType.Null && codec.TryRead(ref reader, out var value))
            {
                entries[key] = value;
            }
        }
    }

    public override bool IsSet(IMessage message) => get(Unsafe.As<TMessage>(message)).Count > 0;
}
