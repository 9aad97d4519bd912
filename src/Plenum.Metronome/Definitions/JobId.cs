namespace Plenum.Metronome.Definitions;

/// <summary>
/// The rule of a job's name: lower case words joined by dashes, in a hierarchy of dots (<c>reports.daily-sales</c>). No
/// slashes: the name is one segment of every path that has it.
/// </summary>
internal static class JobId
{
    /// <summary>
    /// A task's id has 255 characters at most (mesos.md 2), and 57 of them tell the run and the attempt: a longer name could be
    /// defined and never run.
    /// </summary>
    public const int MaxLength = 198;

    public const string Rule =
        "must consist of lower case letters, digits and dashes, in parts joined by dots that begin and end with a letter or digit";

    public static bool IsValid(string text) =>
        text.Length is > 0 and <= MaxLength && text.Split('.').All(IsPart);

    private static bool IsPart(string part) =>
        part.Length > 0
        && part[0] != '-'
        && part[^1] != '-'
        && part.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
