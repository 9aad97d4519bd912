using System.CommandLine;
using System.Text.Json;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;
using Plenum.Cli.Frameworks;
using Plenum.Cli.Output;

namespace Plenum.Cli.Apps;

/// <summary>
/// Why instances of an app wait. Marathon knows how it judged the offers that came; why an agent's resources were not
/// offered at all only the master knows, so both are asked.
/// </summary>
internal sealed class AppExplainCommand : BaseCommand
{
    private readonly Argument<string> _id = AppId.Argument();

    public AppExplainCommand(CliHost host)
        : base(host, "explain", "Say why instances of an app or a pod wait, and when they are tried next.", json: true) => Arguments.Add(_id);

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var id = arguments.GetRequiredValue(_id);
        var app = await run.Marathon.FindAppAsync(id, cancellationToken)
            ?? AppExplanation.OfPod(await PodAsync(run, id, cancellationToken), await run.Marathon.DeploymentsAsync(cancellationToken));
        var waiting = (await run.Marathon.QueueWithOffersAsync(cancellationToken))
            .Where(item => AppExplanation.Spec(item).Text("id") == app.Text("id"))
            .ToList();
        JsonElement? framework = null;
        CommandFailure? unanswered = null;
        try
        {
            framework = waiting.Count == 0 ? null : await FrameworkAsync(run, cancellationToken);
        }
        catch (CommandFailure failure)
        {
            // A master that is down is a reason to wait, and what Marathon knows is worth telling all the same.
            unanswered = failure;
        }
        if (run.Display.IsJson)
        {
            run.Display.Json(Json(app, waiting, framework, unanswered?.Message));
            return ExitCodes.Success;
        }
        run.Display.Line(AppExplanation.Summary(app, waiting.Sum(item => item.Integer("count"))));
        foreach (var remark in AppExplanation.Remarks(app, run.Now))
        {
            run.Display.Line(remark);
        }
        foreach (var item in waiting)
        {
            Show(run, item, framework);
        }
        if (unanswered is not null)
        {
            run.Display.Note($"why other agents offer nothing is not known: {unanswered.Message}");
        }
        return ExitCodes.Success;
    }

    private static async Task<JsonElement> PodAsync(CommandRun run, string id, CancellationToken cancellationToken)
    {
        try
        {
            return await run.Marathon.PodStatusAsync(id, cancellationToken);
        }
        catch (CommandFailure failure) when (failure.ExitCode == ExitCodes.NotFound)
        {
            throw new CommandFailure(
                ExitCodes.NotFound, $"there is no app and no pod '{id}'", "./plenum app list and ./plenum pod list show what there is");
        }
    }

    private static void Show(CommandRun run, JsonElement item, JsonElement? framework)
    {
        run.Display.Line("");
        run.Display.Line(AppExplanation.Heading(item, run.Now));
        var reasons = AppExplanation.Reasons(item).ToList();
        if (reasons.Count > 0)
        {
            run.Display.Table(["AGENTS", "REASON", "MEANING"], reasons);
        }
        if (framework is { } explanation)
        {
            foreach (var remark in FrameworkExplanation.Remarks(explanation))
            {
                run.Display.Line(remark);
            }
            foreach (var role in explanation.Items("roles").Where(role => role.Text("role") == item.Text("role") && role.Items("agents").Any()))
            {
                FrameworkExplanation.Show(run.Display, role);
            }
        }
    }

    // Before Marathon's first registration there is nothing to ask the master for.
    private static async Task<JsonElement?> FrameworkAsync(CommandRun run, CancellationToken cancellationToken) =>
        (await run.Marathon.InfoAsync(cancellationToken)).Text("frameworkId") is { Length: > 0 } id
            ? await run.Master.ExplainAsync(id, cancellationToken)
            : null;

    private static JsonElement Json(JsonElement app, IEnumerable<JsonElement> waiting, JsonElement? framework, string? unanswered) =>
        JsonReading.Build(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("id", app.Text("id"));
            writer.WriteNumber("instances", app.Integer("instances"));
            writer.WriteNumber("tasksRunning", app.Integer("tasksRunning"));
            writer.WriteNumber("tasksStaged", app.Integer("tasksStaged"));
            writer.WriteStartArray("waiting");
            foreach (var item in waiting)
            {
                writer.WriteStartObject();
                foreach (var member in item.EnumerateObject().Where(member => member.Name is not ("app" or "pod")))
                {
                    member.WriteTo(writer);
                }
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            if (framework is { } explanation)
            {
                writer.WritePropertyName("framework");
                explanation.WriteTo(writer);
            }
            if (unanswered is not null)
            {
                writer.WriteString("frameworkError", unanswered);
            }
            writer.WriteEndObject();
        });
}
