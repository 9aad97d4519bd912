using System.Collections;
using System.Collections.Concurrent;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Plenum.Protocol.Json;

/// <summary>
/// Finds a missing proto2 <c>required</c> field. The library's own check walks every field by
/// reflection; this one works out once per message type which fields can matter, which keeps it cheap
/// on the path of every scheduler call.
/// </summary>
public static class RequiredFields
{
    private static readonly ConcurrentDictionary<MessageDescriptor, Plan> Plans = new();

    /// <summary>Path of the first missing field, such as <c>subscribe.framework_info.user</c>, or null.</summary>
    public static string? FirstMissing(IMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return FirstMissing(message, PlanOf(message.Descriptor));
    }

    private static string? FirstMissing(IMessage message, Plan plan)
    {
        foreach (var field in plan.Required)
        {
            if (!field.Accessor.HasValue(message))
            {
                return field.Name;
            }
        }

        foreach (var field in plan.Nested)
        {
            if (field.IsMap)
            {
                foreach (var value in ((IDictionary)field.Accessor.GetValue(message)).Values)
                {
                    if (value is IMessage child && FirstMissing(child, PlanOf(child.Descriptor)) is { } missing)
                    {
                        return $"{field.Name}.{missing}";
                    }
                }
            }
            else if (field.IsRepeated)
            {
                var list = (IList)field.Accessor.GetValue(message);
                for (var index = 0; index < list.Count; index++)
                {
                    var child = (IMessage)list[index]!;
                    if (FirstMissing(child, PlanOf(child.Descriptor)) is { } missing)
                    {
                        return $"{field.Name}[{index}].{missing}";
                    }
                }
            }
            else if (field.Accessor.GetValue(message) is IMessage child
                && FirstMissing(child, PlanOf(child.Descriptor)) is { } missing)
            {
                return $"{field.Name}.{missing}";
            }
        }

        return null;
    }

    private static Plan PlanOf(MessageDescriptor type) => Plans.GetOrAdd(type, static t => new Plan(
        [.. t.Fields.InDeclarationOrder().Where(field => field.IsRequired)],
        [.. t.Fields.InDeclarationOrder().Where(field => ChildOf(field) is { } child && CanMiss(child, []))]));

    private static MessageDescriptor? ChildOf(FieldDescriptor field)
    {
        if (field.IsMap)
        {
            var value = field.MessageType.FindFieldByNumber(2);
            return value.FieldType == FieldType.Message ? value.MessageType : null;
        }

        return field.FieldType is FieldType.Message or FieldType.Group ? field.MessageType : null;
    }

    private static bool CanMiss(MessageDescriptor type, HashSet<MessageDescriptor> seen) =>
        seen.Add(type)
        && type.Fields.InDeclarationOrder().Any(field =>
            field.IsRequired || (ChildOf(field) is { } child && CanMiss(child, seen)));

    private sealed record Plan(FieldDescriptor[] Required, FieldDescriptor[] Nested);
}
