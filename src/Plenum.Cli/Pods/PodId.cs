using System.CommandLine;
using Plenum.Cli.Apps;

namespace Plenum.Cli.Pods;

/// <summary>A pod named on the command line; the leading slash may be left out.</summary>
internal static class PodId
{
    public static Argument<string> Argument() => new("POD")
    {
        Description = "Id of the pod, as in /backend or /shop/cart.",
        CustomParser = result => AppId.Normal(result.Tokens[0].Value),
    };
}
