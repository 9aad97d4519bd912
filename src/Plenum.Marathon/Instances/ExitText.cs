using System.Globalization;

namespace Plenum.Marathon.Instances;

/// <summary>
/// The exit code of a task, which a status has in its message only: Mesos' executors, and this agent, end it with
/// "Command exited with status N".
/// </summary>
internal static class ExitText
{
    private const string Words = "exited with status ";

    /// <summary>Null when the message tells of another end: a signal, a limit, a loss.</summary>
    public static int? CodeOf(string? message)
    {
        var at = message?.LastIndexOf(Words, StringComparison.Ordinal) ?? -1;
        return at >= 0 && int.TryParse(message.AsSpan(at + Words.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            ? code
            : null;
    }
}
