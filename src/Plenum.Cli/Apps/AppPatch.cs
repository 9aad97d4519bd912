using System.Text.Json;
using System.Text.Json.Nodes;

namespace Plenum.Cli.Apps;

/// <summary>
/// Turns <c>key=value</c> words into the body of a partial update. Marathon replaces each top-level
/// member as a whole, so a dotted key (<c>env.COLOR=green</c>) takes the present member along.
/// </summary>
internal static class AppPatch
{
    // Their values are texts whatever they look like, and their keys may hold dots.
    private static readonly string[] TextMaps = ["env", "labels"];

    public static bool NeedsCurrent(IEnumerable<string> words) => words.Any(word => Split(word).Key.Contains('.'));

    public static string Build(IEnumerable<string> words, JsonElement current)
    {
        var patch = new JsonObject();
        foreach (var word in words)
        {
            var (key, value) = Split(word);
            var top = key.Split('.')[0];
            var isTextMap = TextMaps.Contains(top);
            if (top == key)
            {
                patch[top] = Value(value, text: false);
                continue;
            }
            patch[top] ??= current.TryGetProperty(top, out var present) && present.ValueKind is JsonValueKind.Object
                ? JsonNode.Parse(present.GetRawText())
                : new JsonObject();
            var rest = key[(top.Length + 1)..];
            Set(patch[top]!, isTextMap ? [rest] : rest.Split('.'), Value(value, isTextMap), word);
        }
        return patch.ToJsonString();
    }

    private static void Set(JsonNode target, string[] path, JsonNode? value, string word)
    {
        for (var index = 0; index < path.Length; index++)
        {
            if (target is not JsonObject container)
            {
                throw new CommandFailure(
                    ExitCodes.Usage, $"'{word}': {path[index]} lies inside something that has no members", "give the whole member as JSON");
            }
            if (index == path.Length - 1)
            {
                container[path[index]] = value;
            }
            else
            {
                target = container[path[index]] ??= new JsonObject();
            }
        }
    }

    private static JsonNode? Value(string value, bool text)
    {
        if (text)
        {
            return JsonValue.Create(value);
        }
        try
        {
            return JsonNode.Parse(value);
        }
        catch (JsonException)
        {
            // cmd=sleep 100 is a text; only what is JSON is taken as JSON.
            return JsonValue.Create(value);
        }
    }

    private static (string Key, string Value) Split(string word)
    {
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        return equals > 0
            ? (word[..equals], word[(equals + 1)..])
            : throw new CommandFailure(ExitCodes.Usage, $"'{word}' is not of the form key=value", "for example instances=3 or env.COLOR=green");
    }
}
