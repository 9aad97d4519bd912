using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Plenum.Tests.Fuzz;

/// <summary>
/// Damage to inputs, from a seed. <c>PLENUM_FUZZ_CASES</c> is how many a test tries instead of its own few thousand, and
/// <c>PLENUM_FUZZ_SEED</c> where they begin: a failure names the seed that repeats it.
/// </summary>
internal sealed class Damage(int seed)
{
    /// <summary>Raw JSON in the place of a value that was right.</summary>
    private static readonly string[] Values =
    [
        "null", "true", "0", "-1", "1", "-0.0", "1e308", "1e400", "0.0000001", "9223372036854775807", "-9223372036854775809",
        "18446744073709551616", "[]", "{}", "[[]]", "[null]", "\"\"", "\"*\"", "\"\\u0000\"", "\"\\ud800\"", "\"ünï\"", "\"Infinity\"", "\"NaN\"",
        "Infinity", "\"a/../../b\"", "\"-1\"", "\"AAECAwQFBgcICQoLDA0ODw==\"", "{\"value\":\"x\"}", "[{}]", $"\"{new string('x', 5_000)}\"",
        string.Concat(Enumerable.Repeat("[", 200)) + string.Concat(Enumerable.Repeat("]", 200)),
    ];

    /// <summary>Texts for paths, queries and headers.</summary>
    private static readonly string[] Texts =
    [
        "", "0", "-1", "1", "99999999999999999999", "1e9", "NaN", "true", "null", "*", "/", "//", "..", "../../etc/passwd", "a b", "%", "%00", "%ff%fe",
        "%25", "%2e%2e%2f", "'\"<>", "ünï", "😀", "10secs", "-5weeks", "{}", "[]", "a,b,,c", "a==b", "a in (b", "!", "x(y)", "asc", "desc",
        "2020-01-01T00:00:00.000Z", new('x', 3_000),
    ];

    public int Seed => seed;

    public Random Random { get; } = new(seed);

    /// <summary>One source of damage for each of the cases: the environment's number of them, or the usual.</summary>
    public static IEnumerable<Damage> Cases(int usual)
    {
        var first = Number("PLENUM_FUZZ_SEED") ?? 1;
        var count = Number("PLENUM_FUZZ_CASES") ?? usual;
        return Enumerable.Range(first, count).Select(static number => new Damage(number));
    }

    public bool Chance(double probability) => Random.NextDouble() < probability;

    public T Pick<T>(IReadOnlyList<T> from) => from[Random.Next(from.Count)];

    public string Text() => Pick(Texts);

    /// <summary>A query of some of the parameters, each right or wrong, some twice.</summary>
    public string Query(IReadOnlyList<string> names)
    {
        var query = new StringBuilder();
        for (var count = Random.Next(4); count > 0; count--)
        {
            var text = Text();
            query.Append(query.Length == 0 ? '?' : '&')
                .Append(Chance(0.9) ? Pick(names) : Uri.EscapeDataString(Text()))
                .Append(Chance(0.95) ? "=" : string.Empty)
                .Append(text.StartsWith('%') ? text : Uri.EscapeDataString(text));
        }

        return query.ToString();
    }

    /// <summary>Bytes set, lost, added and repeated.</summary>
    public byte[] Bytes(byte[] whole)
    {
        var bytes = whole.ToList();
        for (var count = Random.Next(1, 4); count > 0; count--)
        {
            var at = Random.Next(bytes.Count + 1);
            switch (Random.Next(6))
            {
                case 0:
                    bytes.Insert(at, (byte)Random.Next(256));
                    break;
                case 1 when at < bytes.Count:
                    bytes.RemoveAt(at);
                    break;
                case 2 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << Random.Next(8));
                    break;
                case 3:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 4 when at < bytes.Count:
                    bytes[at] = (byte)Random.Next(256);
                    break;
                default:
                    var from = Random.Next(bytes.Count + 1);
                    bytes.InsertRange(at, bytes.GetRange(from, Math.Min(40, bytes.Count - from)));
                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>Still JSON, mostly: values of another kind or size, members lost, twice or under another name.</summary>
    public byte[] Json(byte[] whole)
    {
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(whole);
        }
        catch (JsonException)
        {
            return Bytes(whole);
        }

        var raw = new List<string>();
        for (var count = Random.Next(1, 4); count > 0 && root is not null; count--)
        {
            Change(Pick(Below(root).ToList()), raw);
        }

        var text = root?.ToJsonString() ?? "null";
        for (var i = 0; i < raw.Count; i++)
        {
            text = text.Replace($"\"{Mark(i)}\"", raw[i], StringComparison.Ordinal);
        }

        return Encoding.UTF8.GetBytes(text);
    }

    private static int? Number(string variable) =>
        int.TryParse(System.Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string Mark(int index) => string.Create(CultureInfo.InvariantCulture, $"mark-of-{index}-raw");

    private static IEnumerable<JsonNode> Below(JsonNode node)
    {
        yield return node;
        var children = node switch
        {
            JsonObject members => members.Select(member => member.Value),
            JsonArray items => items,
            _ => [],
        };
        foreach (var child in children.OfType<JsonNode>())
        {
            foreach (var found in Below(child))
            {
                yield return found;
            }
        }
    }

    private void Change(JsonNode node, List<string> raw)
    {
        switch (node.Parent)
        {
            case JsonObject members:
                var name = node.GetPropertyName();
                switch (Random.Next(4))
                {
                    case 0:
                        members.Remove(name);
                        break;
                    case 1:
                        members.Remove(name);
                        members[Text()] = node;
                        break;
                    default:
                        members[name] = Value(raw);
                        break;
                }

                break;
            case JsonArray items:
                var index = node.GetElementIndex();
                switch (Random.Next(3))
                {
                    case 0:
                        items.RemoveAt(index);
                        break;
                    case 1:
                        items.Insert(index, node.DeepClone());
                        break;
                    default:
                        items[index] = Value(raw);
                        break;
                }

                break;
            default:
                break;
        }
    }

    private JsonNode? Value(List<string> raw)
    {
        raw.Add(Pick(Values));
        return JsonValue.Create(Mark(raw.Count - 1));
    }
}
