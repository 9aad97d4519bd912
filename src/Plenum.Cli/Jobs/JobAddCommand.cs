using System.CommandLine;
using System.Text.Json;
using Plenum.Cli.Apps;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Jobs;

internal sealed class JobAddCommand : BaseCommand
{
    private readonly Argument<string> _file = new("FILE")
    {
        Description = "Definition of a job as JSON, with its schedules; - reads standard input.",
    };

    public JobAddCommand(CliHost host)
        : base(host, "add", "Add a job.", json: true) => Arguments.Add(_file);

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var definition = await DefinitionFile.ReadAsync(arguments.GetRequiredValue(_file), run.Host, cancellationToken);
        var made = await run.Metronome.SendAsync(HttpMethod.Post, "v1/jobs", definition.GetRawText(), cancellationToken);
        if (run.Display.IsJson)
        {
            run.Display.Json(made);
        }
        run.Display.Line($"{made.Text("id")} is added; {Next(made)}");
        return ExitCodes.Success;
    }

    private static string Next(JsonElement job) => job.Items("schedules").Select(static schedule => schedule.Text("nextRunAt"))
        .Where(static next => next.Length > 0).Order(StringComparer.Ordinal).FirstOrDefault() is { } next
        ? $"it runs next at {next}"
        : $"./plenum job run {job.Text("id")} starts it";
}
