using System.CommandLine.Parsing;
using System.Globalization;

namespace Plenum.Cli.Commands;

/// <summary>A number of things on the command line; says what is wrong in words, not in type names.</summary>
internal static class WholeNumber
{
    public static int Parse(ArgumentResult result)
    {
        if (result.Tokens is [var token]
            && int.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }
        result.AddError($"'{(result.Tokens is [var wrong] ? wrong.Value : "")}' is not a number of at least 0");
        return 0;
    }
}
