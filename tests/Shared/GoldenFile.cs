using System.Globalization;
using System.Text;

namespace Plenum.Tests.Golden;

/// <summary>
/// Messages of the wire, written by hand from the contract, in a text file with a section for each.
/// <para>A line <c>== name</c> begins a section, <c>#</c> a comment to the end of its line. <c>$name</c> stands for a value
/// that the test knows.</para>
/// <para>A JSON section may be laid out over lines: white space outside of texts does not count where events are
/// compared. <c>$time</c> there stands for any number.</para>
/// <para>A protobuf section is made of bytes (<c>0a</c>), texts (<c>"abc"</c>), <c>{ … }</c> for content that follows its
/// length, <c>%name</c> for a known number as a varint, and <c>*8</c> for eight bytes that may be any.</para>
/// </summary>
internal sealed class GoldenFile
{
    private readonly string _path;
    private readonly Dictionary<string, string> _sections = new(StringComparer.Ordinal);

    private GoldenFile(string path) => _path = path;

    /// <summary>What <c>$name</c> and <c>%name</c> stand for.</summary>
    public Dictionary<string, string> Known { get; } = new(StringComparer.Ordinal);

    public static GoldenFile Load(string name)
    {
        var file = new GoldenFile(Path.Combine(AppContext.BaseDirectory, "Golden", name));
        string? section = null;
        var text = new StringBuilder();
        foreach (var line in File.ReadLines(file._path).Append("== end"))
        {
            if (!line.StartsWith("== ", StringComparison.Ordinal))
            {
                text.Append(line).Append('\n');
                continue;
            }

            if (section is not null && !file._sections.TryAdd(section, text.ToString()))
            {
                throw new InvalidDataException($"{name} has two sections '{section}'");
            }

            section = line[3..].Trim();
            text.Clear();
        }

        return file;
    }

    /// <summary>The bytes of a call as a client would send them: of JSON the layout of the file, with its white space.</summary>
    public byte[] Bytes(string section, bool json)
    {
        var text = Section(section);
        if (json)
        {
            return Encoding.UTF8.GetBytes(WithoutComments(text).Trim());
        }

        return [.. Protobuf(text, section).Select(value => value ?? throw new InvalidDataException($"'{section}' is sent, yet has open bytes"))];
    }

    /// <summary>Null when the bytes are those of the section, else both of them.</summary>
    public string? Difference(string section, bool json, ReadOnlySpan<byte> actual)
    {
        if (json)
        {
            var expected = Compact(WithoutComments(Section(section)));
            var text = Encoding.UTF8.GetString(actual);
            return MatchesText(expected, text) ? null : $"{section}\nexpected {expected}\nreceived {text}";
        }

        var pattern = Protobuf(Section(section), section);
        var isSame = pattern.Count == actual.Length;
        for (var i = 0; isSame && i < actual.Length; i++)
        {
            isSame = pattern[i] is not { } value || value == actual[i];
        }

        return isSame
            ? null
            : $"{section}\nexpected {string.Concat(pattern.Select(value => value?.ToString("x2", CultureInfo.InvariantCulture) ?? "**"))}\n"
                + $"received {Convert.ToHexStringLower(actual)}";
    }

    private static string WithoutComments(string text) =>
        string.Join('\n', text.Split('\n').Where(line => !line.TrimStart().StartsWith('#')));

    private static string Compact(string json)
    {
        var compact = new StringBuilder();
        var inText = false;
        for (var i = 0; i < json.Length; i++)
        {
            if (json[i] == '"' && (i == 0 || json[i - 1] != '\\'))
            {
                inText = !inText;
            }

            if (inText || !char.IsWhiteSpace(json[i]))
            {
                compact.Append(json[i]);
            }
        }

        return compact.ToString();
    }

    private static bool MatchesText(string expected, string actual)
    {
        const string Open = "$time";
        var at = 0;
        var parts = expected.Split(Open);
        for (var i = 0; i < parts.Length; i++)
        {
            if (i > 0)
            {
                var start = at;
                while (at < actual.Length && (char.IsAsciiDigit(actual[at]) || actual[at] is '.' or 'e' or 'E' or '+' or '-'))
                {
                    at++;
                }

                if (at == start)
                {
                    return false;
                }
            }

            if (!actual.AsSpan(at).StartsWith(parts[i], StringComparison.Ordinal))
            {
                return false;
            }

            at += parts[i].Length;
        }

        return at == actual.Length;
    }

    private string Section(string name)
    {
        var text = _sections.TryGetValue(name, out var found)
            ? found
            : throw new InvalidDataException($"{Path.GetFileName(_path)} has no section '{name}'");

        // Longer names first: $port must not spoil $portal.
        foreach (var (known, value) in Known.OrderByDescending(pair => pair.Key.Length))
        {
            text = text.Replace($"${known}", value, StringComparison.Ordinal);
        }

        return text;
    }

    private List<byte?> Protobuf(string text, string section)
    {
        var open = new Stack<List<byte?>>();
        var bytes = new List<byte?>();
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '#':
                    i = EndOf(text, i, '\n');
                    break;
                case '"':
                    var close = EndOf(text, i + 1, '"');
                    bytes.AddRange(Encoding.UTF8.GetBytes(text[(i + 1)..close]).Select(value => (byte?)value));
                    i = close;
                    break;
                case '{':
                    open.Push(bytes);
                    bytes = [];
                    break;
                case '}':
                    var content = bytes;
                    bytes = open.Pop();
                    bytes.AddRange(Varint((ulong)content.Count));
                    bytes.AddRange(content);
                    break;
                case '*':
                    bytes.AddRange(Enumerable.Repeat<byte?>(null, text[++i] - '0'));
                    break;
                case '%':
                    var end = i + 1;
                    while (end < text.Length && char.IsAsciiLetterOrDigit(text[end]))
                    {
                        end++;
                    }

                    bytes.AddRange(Varint(ulong.Parse(Known[text[(i + 1)..end]], CultureInfo.InvariantCulture)));
                    i = end - 1;
                    break;
                case var space when char.IsWhiteSpace(space):
                    break;
                default:
                    bytes.Add(byte.Parse(text.AsSpan(i, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                    i++;
                    break;
            }
        }

        return open.Count == 0 ? bytes : throw new InvalidDataException($"A brace of '{section}' is not closed");
    }

    private static int EndOf(string text, int from, char mark) =>
        text.IndexOf(mark, from) is var end and >= 0 ? end : text.Length;

    private static IEnumerable<byte?> Varint(ulong value)
    {
        for (; value > 0x7f; value >>= 7)
        {
            yield return (byte)(value | 0x80);
        }

        yield return (byte)value;
    }
}
