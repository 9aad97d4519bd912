using System.Text.Json;
using Plenum.Cli.Clients;

namespace Plenum.Cli.Apps;

/// <summary>Apps in words.</summary>
internal static class AppText
{
    /// <summary>The image, the command, or both, on one line.</summary>
    public static string What(JsonElement app, int maximumLength)
    {
        var command = app.Text("cmd") is { Length: > 0 } cmd
            ? cmd
            : string.Join(' ', app.Items("args").Select(argument => argument.ToString()));
        var text = string.Join(": ", new[] { Image(app), command }.Where(part => part.Length > 0)).ReplaceLineEndings(" ");
        return text.Length <= maximumLength ? text : text[..(maximumLength - 3)] + "...";
    }

    public static string Image(JsonElement app) =>
        app.Member("container")?.Member("docker")?.Text("image") ?? "";
}
