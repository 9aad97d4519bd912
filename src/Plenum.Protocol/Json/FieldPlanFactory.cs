using System.Reflection;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.Reflection;

namespace Plenum.Protocol.Json;

/// <summary>
/// Makes field plans by reflection, once for each field: the property accessors become delegates, so
/// that writing and reading a message calls them directly.
/// </summary>
internal static class FieldPlanFactory
{
    public static FieldPlan Create(FieldDescriptor field)
    {
        var message = field.ContainingType.ClrType;
        var property = message.GetProperty(field.PropertyName)
            ?? throw new InvalidOperationException($"{message} has no property for {field.FullName}");

        if (field.IsMap)
        {
            var value = field.MessageType.FindFieldByName("value");
            return Instance(
                typeof(MapFieldPlan<,>),
                [message, TypeOf(value)],
                field,
                Getter(property, typeof(MapField<,>).MakeGenericType(typeof(string), TypeOf(value))),
                Codec(value));
        }
        if (field.IsRepeated)
        {
            return Instance(
                typeof(RepeatedFieldPlan<,>),
                [message, TypeOf(field)],
                field,
                Getter(property, typeof(RepeatedField<>).MakeGenericType(TypeOf(field))),
                Codec(field));
        }
        return Instance(
            typeof(SingularFieldPlan<,>),
            [message, TypeOf(field)],
            field,
            Getter(property, TypeOf(field)),
            property.SetMethod!.CreateDelegate(typeof(Action<,>).MakeGenericType(message, TypeOf(field))),
            Presence(field, message),
            Codec(field));
    }

    private static FieldPlan Instance(Type generic, Type[] types, params object?[] arguments) =>
        (FieldPlan)Activator.CreateInstance(generic.MakeGenericType(types), arguments)!;

    private static Delegate Getter(PropertyInfo property, Type type) =>
        property.GetMethod!.CreateDelegate(typeof(Func<,>).MakeGenericType(property.DeclaringType!, type));

    // Absent for messages, whose presence is a reference, and for proto3 scalars, which have none.
    private static Delegate? Presence(FieldDescriptor field, Type message) =>
        message.GetProperty("Has" + field.PropertyName)?.GetMethod!
            .CreateDelegate(typeof(Func<,>).MakeGenericType(message, typeof(bool)));

    private static Type TypeOf(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Double => typeof(double),
        FieldType.Float => typeof(float),
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => typeof(int),
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => typeof(long),
        FieldType.UInt32 or FieldType.Fixed32 => typeof(uint),
        FieldType.UInt64 or FieldType.Fixed64 => typeof(ulong),
        FieldType.Bool => typeof(bool),
        FieldType.String => typeof(string),
        FieldType.Bytes => typeof(ByteString),
        FieldType.Enum => field.EnumType.ClrType,
        FieldType.Message => field.MessageType.ClrType,
        _ => throw new NotSupportedException($"{field.FullName} is a {field.FieldType}"),
    };

    private static object Codec(FieldDescriptor field) => TypeOf(field) switch
    {
        var type when type == typeof(double) => new DoubleCodec(),
        var type when type == typeof(float) => new FloatCodec(),
        var type when type == typeof(int) => new Int32Codec(),
        var type when type == typeof(long) => new Int64Codec(),
        var type when type == typeof(uint) => new UInt32Codec(),
        var type when type == typeof(ulong) => new UInt64Codec(),
        var type when type == typeof(bool) => new BooleanCodec(),
        var type when type == typeof(string) => new StringCodec(),
        var type when type == typeof(ByteString) => new BytesCodec(),
        var type when field.FieldType is FieldType.Enum =>
            Activator.CreateInstance(typeof(EnumCodec<>).MakeGenericType(type), field.EnumType)!,
        var type => Activator.CreateInstance(typeof(MessageCodec<>).MakeGenericType(type), field.MessageType)!,
    };
}
