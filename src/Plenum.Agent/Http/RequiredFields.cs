using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Plenum.Agent.Http;

/// <summary>C# code for proto2 does not enforce <c>required</c>; without this a call would be half there.</summary>
internal static class RequiredFields
{
    /// <summary>Path of the first missing field, such as <c>update.status.task_id</c>, or null.</summary>
    public static string? FirstMissing(IMessage message)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (field.IsRequired && !field.Accessor.HasValue(message))
            {
                return field.Name;
            }

            if (Missing(field, field.Accessor.GetValue(message)) is { } path)
            {
                return path;
            }
        }

        return null;
    }

    private static string? Missing(FieldDescriptor field, object? value)
    {
        switch (value)
        {
            case IMessage child:
                return FirstMissing(child) is { } inner ? $"{field.Name}.{inner}" : null;
            case IDictionary map:
                return Missing(field, (ICollection)map.Values);
            case IList list:
                return field.FieldType == FieldType.Message ? Missing(field, (ICollection)list) : null;
            default:
                return null;
        }
    }

    private static string? Missing(FieldDescriptor field, ICollection values)
    {
        var index = 0;
        foreach (var item in values)
        {
            if (item is IMessage child && FirstMissing(child) is { } inner)
            {
                return $"{field.Name}[{index}].{inner}";
            }

            index++;
        }

        return null;
    }
}
