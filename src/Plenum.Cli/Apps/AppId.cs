using System.CommandLine;

namespace Plenum.Cli.Apps;

/// <summary>An app named on the command line; the leading slash may be left out.</summary>
internal static class AppId
{
    public static Argument<string> Argument() => new("APP")
    {
        Description = "Id of the app, as in /web or /shop/cart.",
        CustomParser = result => Normal(result.Tokens[0].Value),
    };

    public static string Normal(string id) => "/" + id.Trim('/');
}
