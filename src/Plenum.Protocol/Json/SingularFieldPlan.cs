using System.Runtime.CompilerServices;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Plenum.Protocol.Json;

internal sealed class SingularFieldPlan<TMessage, TValue>(
    FieldDescriptor field,
    Func<TMessage, TValue> get,
    Action<TMessage, TValue> set,
    Func<TMessage, bool>? has,
    ValueCodec<TValue> codec) : FieldPlan(field)
    where TMessage : class, IMessage
{
    // A declared default is printed even when the field is unset, as Mesos does, unless the field is
    // deprecated. Fields of proto3 (google.protobuf.Duration) have no presence and are always printed.
    private readonly bool _writeUnset =
        (field.ToProto().HasDefaultValue && field.GetOptions()?.Deprecated != true) || !field.HasPresence;

    public override void Write(ref JsonSink sink, IMessage message)
    {
        var typed = Unsafe.As<TMessage>(message);
        if (has is not null && !_writeUnset && !has(typed))
        {
            return;
        }
        var value = get(typed);
        if (value is null || !codec.HasForm(value))
        {
            return;
        }
        sink.Member(Member);
        codec.Write(ref sink, value);
    }

    public override void Read(ref Utf8JsonReader reader, IMessage message)
    {
        if (codec.TryRead(ref reader, out var value))
        {
            set(Unsafe.As<TMessage>(message), value);
        }
        else if (IsRequired)
        {
            throw new MesosJsonException($"unknown value of required member '{Name}'");
        }
    }

    public override bool IsSet(IMessage message) =>
        has?.Invoke(Unsafe.As<TMessage>(message)) ?? get(Unsafe.As<TMessage>(message)) is not null;
}
