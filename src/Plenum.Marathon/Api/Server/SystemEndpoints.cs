using Microsoft.AspNetCore.Http;
using Plenum.Marathon.Core;

namespace Plenum.Marathon.Api.Server;

internal static class SystemEndpoints
{
    public static ApiAnswer Info(ApiCall call) => ApiAnswer.Ok(writer => InfoView.Write(writer, call));

    public static ApiAnswer Leader(ApiCall call) => ApiAnswer.Ok(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("leader", LeaderOf(call.Marathon.Options, call.Context));
        writer.WriteEndObject();
    });

    public static ApiAnswer Abdicate(ApiCall call) =>
        ApiProblem.NotImplemented("There is one master only: leadership cannot be handed over, and backup and restore are not available yet");

    public static ApiAnswer Plugins(ApiCall call) => ApiAnswer.Ok(writer =>
    {
        writer.WriteStartObject();
        writer.WriteStartArray("plugins");
        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    public static ApiAnswer Plugin(ApiCall call) =>
        ApiProblem.NotFound($"No plugin with this pluginId: {call.IdText[1..].Split('/')[0]}");

    /// <summary>Text unless the client prefers JSON; nothing when it takes neither.</summary>
    public static ApiAnswer Ping(ApiCall call)
    {
        var accepted = call.Context.Request.GetTypedHeaders().Accept;
        if (accepted is not { Count: > 0 })
        {
            return new ApiAnswer(200) { Text = "pong" };
        }

        var text = Quality("text", "plain");
        var json = Quality("application", "json");
        return (text, json) switch
        {
            (0, 0) => new ApiAnswer(204),
            _ when json > text => ApiAnswer.Ok(writer => writer.WriteStringValue("pong")),
            _ => new ApiAnswer(200) { Text = "pong" },
        };

        double Quality(string type, string subtype) =>
            accepted.Where(range => range.MatchesAllTypes
                    || (range.Type.Equals(type, StringComparison.OrdinalIgnoreCase)
                        && (range.MatchesAllSubTypes || range.SubType.Equals(subtype, StringComparison.OrdinalIgnoreCase))))
                .Select(range => range.Quality ?? 1)
                .DefaultIfEmpty(0)
                .Max();
    }

    public static ApiAnswer Logging(ApiCall call) =>
        ApiProblem.NotImplemented("Log levels cannot be read or changed through the API in this version of Plenum");

    public static ApiAnswer Config(ApiCall call) => ApiAnswer.Ok(writer => InfoView.WriteConfiguration(writer, call));

    public static ApiAnswer Removed(ApiCall call) =>
        new ApiProblem(410, "This part of the API was removed from Marathon and does not exist in Plenum");

    /// <summary>What clients reach this server under: as configured, else as this client did.</summary>
    public static string LeaderOf(MarathonOptions options, HttpContext context) =>
        options.Leader
        ?? (context.Connection is { LocalIpAddress: { } address, LocalPort: var port }
            ? $"{address.MapToIPv4()}:{port}"
            : context.Request.Host.Value ?? "localhost");
}
