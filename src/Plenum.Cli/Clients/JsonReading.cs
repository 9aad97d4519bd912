using System.Buffers;
using System.Text.Json;

namespace Plenum.Cli.Clients;

/// <summary>Reads JSON whose members may be missing: clusters of other versions leave some out.</summary>
internal static class JsonReading
{
    public static JsonElement? Member(this JsonElement element, string name) =>
        element.ValueKind is JsonValueKind.Object
        && element.TryGetProperty(name, out var value)
        && value.ValueKind is not JsonValueKind.Null
            ? value
            : null;

    public static string Text(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.String } value ? TextOf(value) : "";

    public static double Number(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.Number } value ? value.GetDouble() : 0;

    public static long Integer(this JsonElement element, string name) => (long)element.Number(name);

    public static bool Flag(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.True };

    public static IEnumerable<JsonElement> Items(this JsonElement element, string name) =>
        element.Member(name)?.Elements() ?? [];

    public static IEnumerable<JsonElement> Elements(this JsonElement element) =>
        element.ValueKind is JsonValueKind.Array ? element.EnumerateArray() : [];

    // Half of a surrogate pair passes for JSON until it is read: then it is no text, like a number in its place.
    private static string TextOf(JsonElement element)
    {
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return "";
        }
    }

    public static JsonElement FromText(string text) => Build(writer => writer.WriteStringValue(text));

    public static JsonElement ArrayOf(IEnumerable<JsonElement> elements) => Build(writer =>
    {
        writer.WriteStartArray();
        foreach (var element in elements)
        {
            element.WriteTo(writer);
        }
        writer.WriteEndArray();
    });

    public static JsonElement Build(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            write(writer);
        }
        using var document = JsonDocument.Parse(buffer.WrittenMemory);
        return document.RootElement.Clone();
    }
}
