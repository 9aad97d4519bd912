using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Plenum.Protocol.Json;

/// <summary>
/// One field of one message type. A plan is found by the message's own descriptor, so that the
/// message given is always of the field's class and the casts of the subclasses cannot fail.
/// </summary>
internal abstract class FieldPlan(FieldDescriptor field)
{
    public string Name { get; } = field.Name;

    public bool IsRequired { get; } = field.IsRequired;

    /// <summary>The start of the member, <c>,"name":</c>; the first member of an object drops the comma.</summary>
    protected byte[] Member { get; } = Encoding.ASCII.GetBytes($",\"{field.Name}\":");

    public abstract void Write(ref JsonSink sink, IMessage message);

    /// <summary>Reads the value at the reader's token, which is not null.</summary>
    public abstract void Read(ref Utf8JsonReader reader, IMessage message);

    public abstract bool IsSet(IMessage message);
}
