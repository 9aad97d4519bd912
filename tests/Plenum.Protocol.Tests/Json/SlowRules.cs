using System.Collections;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Plenum.Protocol.Tests.Json;

/// <summary>Which members an object must have and of what kind, read off the message by reflection.</summary>
internal static class SlowRules
{
    public static void Check(JsonElement json, IMessage message, string where)
    {
        json.ValueKind.ShouldBe(JsonValueKind.Object, where);
        var expected = message.Descriptor.Fields.InDeclarationOrder().Where(field => IsWritten(field, message)).ToList();
        json.EnumerateObject().Select(member => member.Name)
            .ShouldBe(expected.Select(field => field.Name), $"{message.Descriptor.FullName} in {where}");
        foreach (var field in expected)
        {
            var value = field.Accessor.GetValue(message);
            var member = json.GetProperty(field.Name);
            if (field.IsMap)
            {
                foreach (DictionaryEntry entry in (IDictionary)value)
                {
                    var key = (string)entry.Key == "Infinity" ? "word" : (string)entry.Key;
                    CheckValue(member.GetProperty(key), field.MessageType.FindFieldByNumber(2), entry.Value!, where);
                }
            }
            else if (field.IsRepeated)
            {
                var values = (IList)value;
                member.GetArrayLength().ShouldBe(values.Count, where);
                for (var index = 0; index < values.Count; index++)
                {
                    CheckValue(member[index], field, values[index]!, where);
                }
            }
            else
            {
                CheckValue(member, field, value, where);
            }
        }
    }

    private static bool IsWritten(FieldDescriptor field, IMessage message)
    {
        if (field.IsRepeated)
        {
            return ((ICollection)field.Accessor.GetValue(message)).Count > 0;
        }
        return !field.HasPresence
            || field.Accessor.HasValue(message)
            || (field.ToProto().HasDefaultValue && field.GetOptions()?.Deprecated != true);
    }

    private static void CheckValue(JsonElement json, FieldDescriptor field, object value, string where)
    {
        switch (value)
        {
            case IMessage message:
                Check(json, message, where);
                break;
            case Enum name:
                json.GetString().ShouldBe(field.EnumType.FindValueByNumber(Convert.ToInt32(name)).Name, where);
                break;
            case ByteString bytes:
                json.GetString().ShouldBe(Convert.ToBase64String(bytes.ToByteArray()), where);
                break;
            case string text:
                json.GetString().ShouldBe(text == "Infinity" ? "word" : text.Replace("Infinity", "1e300", StringComparison.Ordinal), where);
                break;
            case bool flag:
                json.GetBoolean().ShouldBe(flag, where);
                break;
            case double number:
                json.GetDouble().ShouldBe(double.IsInfinity(number) ? Math.Sign(number) * 1e300 : number, where);
                json.GetRawText().ShouldMatch("[.eE]", where);
                break;
            default:
                json.GetRawText().ShouldBe(value.ToString(), where);
                break;
        }
    }
}
