using System.CommandLine;
using System.Text.Json;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Jobs;

internal sealed class JobHistoryCommand : BaseCommand
{
    private readonly Argument<string> _id = JobText.IdArgument();
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Print ids only." };
    private readonly Option<bool> _failures = new("--failures") { Description = "The runs that failed instead of those that succeeded." };
    private readonly Option<bool> _last = new("--last") { Description = "The newest only." };

    public JobHistoryCommand(CliHost host)
        : base(host, "history", "List the runs of a job that ended.", json: true)
    {
        Arguments.Add(_id);
        Options.Add(_quiet);
        Options.Add(_failures);
        Options.Add(_last);
    }

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var job = await run.Metronome.JobAsync(arguments.GetRequiredValue(_id), "history", cancellationToken);
        var history = job.Member("history") ?? default;
        var failures = arguments.GetValue(_failures);
        var ended = history.Items(failures ? "failedFinishedRuns" : "successfulFinishedRuns")
            .Take(arguments.GetValue(_last) ? 1 : int.MaxValue).ToList();
        if (run.Display.IsJson)
        {
            run.Display.Json(JsonReading.ArrayOf(ended));
            return ExitCodes.Success;
        }
        if (arguments.GetValue(_quiet))
        {
            ended.ForEach(entry => run.Display.Line(TaskOf(entry)));
            return ExitCodes.Success;
        }
        run.Display.Line($"'{job.Text("id")}'  Successful runs: {history.Integer("successCount")} Last Success: {At(history, "lastSuccessAt")}");
        run.Display.Line($"'{job.Text("id")}'  Failed runs: {history.Integer("failureCount")} Last Failure: {At(history, "lastFailureAt")}");
        var skipped = history.Items("skippedTicks").ToList();
        if (skipped.Count > 0)
        {
            run.Display.Line($"'{job.Text("id")}'  Skipped ticks: {skipped.Sum(static skip => skip.Integer("count"))} Last: "
                + $"{skipped[0].Text("lastTick")}, {skipped[0].Text("message")}");
        }
        if (ended.Count > 0)
        {
            run.Display.Table(["TASK ID", "STARTED", "FINISHED"], ended.Select(static entry => new[]
            {
                TaskOf(entry), entry.Text("createdAt"), entry.Text("finishedAt"),
            }));
        }
        return ExitCodes.Success;
    }

    // A run that never got a machine has no task.
    private static string TaskOf(JsonElement entry) =>
        entry.Items("tasks").Select(static task => task.GetString()).LastOrDefault() ?? entry.Text("id");

    private static string At(JsonElement history, string name) => history.Text(name) is { Length: > 0 } at ? at : "N/A";
}
