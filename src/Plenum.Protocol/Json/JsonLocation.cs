using System.Text;
using System.Text.Json;

namespace Plenum.Protocol.Json;

/// <summary>
/// Says where in a text a problem lies. It walks the text a second time, so that a text without a
/// problem pays nothing for the bookkeeping.
/// </summary>
internal static class JsonLocation
{
    // Names come from whoever sent the text: enough to recognise one, too little to flood a log.
    private const int MaximumNameLength = 64;

    public static MesosJsonException Locate(
        ReadOnlySpan<byte> text, List<int>? insertions, MesosJsonException refused, long offset) =>
        new(refused.Problem, PathTo(text, offset), Original(offset, insertions), refused);

    public static MesosJsonException Locate(ReadOnlySpan<byte> text, List<int>? insertions, JsonException malformed)
    {
        var offset = OffsetOf(text, malformed.LineNumber ?? 0, malformed.BytePositionInLine ?? 0);
        var place = malformed.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        var problem = place < 0 ? malformed.Message : malformed.Message[..place];
        return new MesosJsonException(
            "malformed JSON: " + problem, PathTo(text, offset), Original(offset, insertions), malformed);
    }

    private static long OffsetOf(ReadOnlySpan<byte> text, long line, long column)
    {
        long start = 0;
        for (; line > 0; line--)
        {
            var newline = text[(int)start..].IndexOf((byte)'\n');
            if (newline < 0)
            {
                break;
            }
            start += newline + 1;
        }
        return start + column;
    }

    // Quotes that were put around a bare Infinity are not in the text the sender knows.
    private static long Original(long offset, List<int>? insertions) =>
        offset - (insertions?.Count(inserted => inserted < offset) ?? 0);

    private static string PathTo(ReadOnlySpan<byte> text, long offset)
    {
        var steps = new Stack<Step>();
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = MesosJson.MaximumDepth });
        try
        {
            while (reader.Read() && reader.TokenStartIndex <= offset)
            {
                Follow(ref reader, steps);
                if (reader.TokenStartIndex == offset)
                {
                    break;
                }
            }
        }
        catch (JsonException)
        {
            // The walk has come to the malformed token itself: what was collected is the path to it.
        }

        var path = new StringBuilder();
        foreach (var step in steps.Reverse())
        {
            step.AppendTo(path);
        }
        return path.ToString();
    }

    private static void Follow(ref Utf8JsonReader reader, Stack<Step> steps)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                steps.Pop();
                steps.Push(new Step { Name = NameOf(reader.ValueSpan) });
                return;
            case JsonTokenType.EndObject or JsonTokenType.EndArray:
                steps.Pop();
                return;
            default:
                if (steps.TryPeek(out var parent) && parent.Index is { } index)
                {
                    parent.Index = index + 1;
                }
                break;
        }
        if (reader.TokenType is JsonTokenType.StartObject)
        {
            steps.Push(new Step());
        }
        else if (reader.TokenType is JsonTokenType.StartArray)
        {
            steps.Push(new Step { Index = -1 });
        }
    }

    private static string NameOf(ReadOnlySpan<byte> name) =>
        Encoding.UTF8.GetString(name[..Math.Min(name.Length, MaximumNameLength)]);

    // One for each open object or array: the member or the element being read.
    private sealed class Step
    {
        public string? Name { get; init; }

        public int? Index { get; set; }

        public void AppendTo(StringBuilder path)
        {
            if (Name is not null)
            {
                path.Append(path.Length == 0 ? "" : ".").Append(Name);
            }
            else if (Index is >= 0)
            {
                path.Append('[').Append(Index.Value).Append(']');
            }
        }
    }
}
