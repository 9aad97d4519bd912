using System.CommandLine;
using System.Text.Json;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Frameworks;

/// <summary>Why a framework gets no offers: the master's own answer, in words.</summary>
internal sealed class FrameworkExplainCommand : BaseCommand
{
    private readonly Argument<string> _framework = new("FRAMEWORK")
    {
        Description = "A framework's id, or its name when only one has it.",
    };

    public FrameworkExplainCommand(CliHost host)
        : base(host, "explain", "Say why a framework gets no offers, agent by agent.", json: true) => Arguments.Add(_framework);

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var word = arguments.GetRequiredValue(_framework);
        var frameworks = (await run.Master.FrameworksAsync(cancellationToken)).Items("frameworks").ToList();
        var found = frameworks.Where(framework => framework.Text("id") == word).ToList();
        found = found.Count > 0 ? found : frameworks.Where(framework => framework.Text("name") == word).ToList();
        if (found.Count != 1)
        {
            throw found.Count == 0
                ? new CommandFailure(ExitCodes.NotFound, $"there is no framework '{word}'", "./plenum framework list shows what there is")
                : new CommandFailure(ExitCodes.Usage, $"{found.Count} frameworks are called '{word}'", "give the id");
        }
        var explanation = await run.Master.ExplainAsync(found[0].Text("id"), cancellationToken);
        if (run.Display.IsJson)
        {
            run.Display.Json(explanation);
            return ExitCodes.Success;
        }
        run.Display.Line($"{explanation.Text("name")} ({explanation.Text("id")})");
        foreach (var remark in Remarks(explanation))
        {
            run.Display.Line(remark);
        }
        foreach (var role in explanation.Items("roles"))
        {
            run.Display.Line("");
            run.Display.Line(Heading(role));
            run.Display.Table(
                ["AGENTS", "REASON", "MEANING"],
                role.Items("agents").Select(reason => new[] { reason.Integer("count").ToString(), reason.Text("reason"), reason.Text("meaning") }));
        }
        return ExitCodes.Success;
    }

    private static IEnumerable<string> Remarks(JsonElement explanation)
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
