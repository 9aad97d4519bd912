using System.Text.Json;
using Plenum.Cli.Clients;
using Plenum.Cli.Output;

namespace Plenum.Cli.Frameworks;

/// <summary>The master's answer to "why does it get no offers?" in words.</summary>
internal static class FrameworkExplanation
{
    /// <summary>One of its roles, and how many agents are kept from it by what.</summary>
    public static void Show(Display display, JsonElement role)
    {
        display.Line("");
        display.Line(Heading(role));
        display.Table(
            ["AGENTS", "REASON", "MEANING"],
            role.Items("agents").Select(reason => new[] { reason.Integer("count").ToString(), reason.Text("reason"), reason.Text("meaning") }));
    }

    public static IEnumerable<string> Remarks(JsonElement explanation)
    {
        if (!explanation.Flag("connected"))
        {
            yield return "It is not connected: it gets offers when it subscribes again.";
        }
        else if (explanation.TryGetProperty("active", out var active) && !active.GetBoolean())
        {
            yield return "Its driver was aborted: it gets offers when it registers again.";
        }
        if (explanation.Flag("leaves_offers_unanswered"))
        {
            yield return "It let its last offers expire: others are served first, and it gets half of an agent at most until it answers.";
        }
        if (explanation.Flag("waiting_for_agents"))
        {
            yield return "The master restarted and waits for most agents to come back before it divides what quota promises.";
        }
    }

    private static string Heading(JsonElement role)
    {
        var text = $"role {role.Text("role")}: {role.Integer("offers")} offers unanswered";
        if (role.Flag("suppressed"))
        {
            return text + ", suppressed by the framework itself: it must revive the role to get more";
        }
        return role.Member("served_before_it") is { } before ? $"{text}, {before.GetInt32()} others are served before it" : text;
    }
}
