namespace Plenum.Agent.Images;

/// <summary>What of skopeo's log a user wants to read.</summary>
internal static class SkopeoMessage
{
    private const string MessageField = "msg=\"";

    /// <summary>The last error's text; the whole when it has another form.</summary>
    public static string Reason(string log)
    {
        var line = log.Split('\n').LastOrDefault(static l => l.Contains(MessageField, StringComparison.Ordinal));
        if (line is null)
        {
            return log;
        }
        var start = line.IndexOf(MessageField, StringComparison.Ordinal) + MessageField.Length;
        var end = line.LastIndexOf('"');
        return end > start ? line[start..end].Replace("\\\"", "\"", StringComparison.Ordinal) : line;
    }
}
