using System.Collections.Concurrent;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Plenum.Protocol.Json;

/// <summary>How one message type is written and read: its fields in declared order, found by name.</summary>
internal sealed class MessagePlan
{
    // Bounded by the number of message types in the protos.
    private static readonly ConcurrentDictionary<MessageDescriptor, MessagePlan> Plans = new();

    private readonly FieldPlan[] _fields;
    private readonly FieldPlan[] _required;
    private readonly Utf8Names<FieldPlan> _byName;

    private MessagePlan(MessageDescriptor descriptor)
    {
        _fields = [.. descriptor.Fields.InDeclarationOrder().Select(FieldPlanFactory.Create)];
        _required = [.. _fields.Where(field => field.IsRequired)];
        _byName = new Utf8Names<FieldPlan>(_fields.Select(field => KeyValuePair.Create(field.Name, field)));
    }

    public static MessagePlan Of(MessageDescriptor descriptor) =>
        Plans.GetOrAdd(descriptor, static type => new MessagePlan(type));

    public void Write(ref JsonSink sink, IMessage message)
    {
        sink.Open((byte)'{');
        foreach (var field in _fields)
        {
            field.Write(ref sink, message);
        }
        sink.Close((byte)'}');
    }

    /// <summary>Reads the object at the reader's token; a member that comes twice counts as its last.</summary>
    public void Read(ref Utf8JsonReader reader, IMessage message)
    {
        if (reader.TokenType is not JsonTokenType.StartObject)
        {
            throw new MesosJsonException("expected an object");
        }
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var known = _byName.TryGet(ref reader, out var field);
            reader.Read();
            if (!known)
            {
                reader.Skip();
            }
            else if (reader.TokenType is not JsonTokenType.Null)
            {
                field!.Read(ref reader, message);
            }
        }
        foreach (var field in _required)
        {
            if (!field.IsSet(message))
            {
                throw new MesosJsonException($"missing required member '{field.Name}'");
            }
        }
    }
}
