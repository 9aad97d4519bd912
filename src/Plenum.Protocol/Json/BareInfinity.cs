namespace Plenum.Protocol.Json;

/// <summary>
/// Mesos writes an infinite number as the bare word <c>Infinity</c>, which no JSON reader accepts
/// (task limits need it). Texts that hold the word are rewritten with quotes around it; the number
/// codecs take the quoted form.
/// </summary>
internal static class BareInfinity
{
    private static ReadOnlySpan<byte> Word => "Infinity"u8;

    public static ReadOnlySpan<byte> Quote(ReadOnlySpan<byte> json, out List<int>? insertions)
    {
        insertions = null;
        return json.IndexOf(Word) < 0 ? json : Rewrite(json, insertions = []);
    }

    private static byte[] Rewrite(ReadOnlySpan<byte> json, List<int> insertions)
    {
        // Each word of eight bytes grows by two.
        var output = new byte[json.Length + (json.Length / Word.Length * 2)];
        var length = 0;
        var inString = false;
        for (var at = 0; at < json.Length; at++)
        {
            if (inString)
            {
                inString = json[at] != '"';
                output[length++] = json[at];
                if (json[at] == '\\' && at + 1 < json.Length)
                {
                    output[length++] = json[++at];
                }
                continue;
            }

            var signed = json[at] == '-' ? 1 : 0;
            if (json[(at + signed)..].StartsWith(Word))
            {
                var end = at + signed + Word.Length;
                insertions.Add(length);
                output[length++] = (byte)'"';
                json[at..end].CopyTo(output.AsSpan(length));
                length += end - at;
                insertions.Add(length);
                output[length++] = (byte)'"';
                at = end - 1;
                continue;
            }

            inString = json[at] == '"';
            output[length++] = json[at];
        }
        return output[..length];
    }
}
