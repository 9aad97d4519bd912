using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Plenum.Marathon.Definitions;

/// <summary>
/// The expression of LIKE and UNLIKE: it must match the whole value. Matching takes time linear in the value, so
/// that no definition can hold up the placement of the others; look-around and back-references are refused for it.
/// </summary>
internal static class ConstraintPattern
{
    public const int MaxLength = 1024;

    public static bool TryCompile(string pattern, [NotNullWhen(true)] out Regex? regex, [NotNullWhen(false)] out string? error)
    {
        regex = null;
        if (pattern.Length > MaxLength)
        {
            error = $"must not be longer than {MaxLength} characters";
            return false;
        }

        try
        {
            regex = new Regex(
                $@"\A(?:{pattern})\z",
                RegexOptions.NonBacktracking | RegexOptions.CultureInvariant,
                Regex.InfiniteMatchTimeout);
            error = null;
            return true;
        }
        catch (ArgumentException exception)
        {
            error = $"'{pattern}' is not a valid regular expression: {exception.Message}";
            return false;
        }
        catch (NotSupportedException)
        {
            error = $"'{pattern}' uses look-around or back-references, which constraints do not support";
            return false;
        }
    }
}
