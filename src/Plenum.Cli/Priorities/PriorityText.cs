using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Plenum.Cli.Priorities;

/// <summary>Roles and their priorities on the command line and on the wire.</summary>
internal static class PriorityText
{
    public static Argument<string> Role() => new("ROLE") { Description = "A role, such as prod or prod/web." };

    /// <summary>Which numbers are allowed is the master's to say; here a typing error is told from a number.</summary>
    public static int Parse(ArgumentResult result)
    {
        if (result.Tokens is [var token]
            && int.TryParse(token.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }
        result.AddError($"'{(result.Tokens is [var wrong] ? wrong.Value : "")}' is not a whole number");
        return 0;
    }

    /// <summary>The change as the master takes it; null takes the role's priority away.</summary>
    public static string Change(string role, int? priority) =>
        new JsonArray(new JsonObject { ["role"] = role, ["priority"] = priority }).ToJsonString();
}
