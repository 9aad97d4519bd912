using System.Text.Json;

namespace Plenum.Marathon.Definitions.Writing;

internal static class JsonMembers
{
    public static void WriteOptional(this Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    public static void WriteTexts(
        this Utf8JsonWriter writer,
        string name,
        IReadOnlyCollection<string> values,
        bool omitEmpty = false)
    {
        if (omitEmpty && values.Count == 0)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (var value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }

    public static void WriteMap(this Utf8JsonWriter writer, string name, ValueMap<string> map)
    {
        writer.WriteStartObject(name);
        foreach (var (key, value) in map)
        {
            writer.WriteString(key, value);
        }

        writer.WriteEndObject();
    }
}
