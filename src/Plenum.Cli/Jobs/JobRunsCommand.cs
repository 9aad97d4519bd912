using System.CommandLine;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Jobs;

internal sealed class JobRunsCommand : BaseCommand
{
    private readonly Argument<string> _id = JobText.IdArgument();
    private readonly Option<string?> _run = new("--run-id") { Description = "One run only.", HelpName = "RUN" };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Print ids only." };

    public JobRunsCommand(CliHost host)
        : base(host, "runs", "List the runs of a job that are under way, with their tasks.", json: true)
    {
        Arguments.Add(_id);
        Options.Add(_run);
        Options.Add(_quiet);
    }

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var id = arguments.GetRequiredValue(_id);
        var runs = arguments.GetValue(_run) is { } named
            ? [await run.Metronome.SendAsync(HttpMethod.Get, $"{MetronomeClient.Runs(id)}/{Uri.EscapeDataString(named)}", null, cancellationToken)]
            : (await run.Metronome.SendAsync(HttpMethod.Get, MetronomeClient.Runs(id), null, cancellationToken)).Elements().ToList();
        if (run.Display.IsJson)
        {
            run.Display.Json(JsonReading.ArrayOf(runs));
        }
        else if (arguments.GetValue(_quiet))
        {
            runs.ForEach(active => run.Display.Line(active.Text("id")));
        }
        else if (runs.Count == 0)
        {
            run.Display.Line($"no run of {id} is under way; ./plenum job history {id} tells of earlier ones");
        }
        else
        {
            run.Display.Table(["TASK ID", "JOB ID", "STARTED AT"], runs.SelectMany(active => active.Items("tasks").Any()
                ? active.Items("tasks").Select(task => new[] { task.Text("id"), id, task.Text("startedAt") })
                : [[$"{active.Text("id")} (waits for a machine)", id, "-"]]));
        }
        return ExitCodes.Success;
    }
}
