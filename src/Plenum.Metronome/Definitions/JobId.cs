namespace Plenum.Metronome.Definitions;

/// <summary>
/// The rule of a job's name: lower case words joined by dashes, in a hierarchy of dots (<c>reports.daily-sales</c>). No
/// slashes: the name is one segment of every path that has it.
/// </summary>
internal static class JobId
{
    /// <summary>Half of what a path of Marathon may have: the run's own name and the dots' slashes go beside it.</summary>
    public const int MaxLength = 512;

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
