using System.CommandLine;
using System.Text.Json;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;
using Plenum.Cli.Output;

namespace Plenum.Cli.Jobs;

internal sealed class JobShowCommand : BaseCommand
{
    private readonly Argument<string> _id = JobText.IdArgument();

    public JobShowCommand(CliHost host)
        : base(host, "show", "Show one job with its schedules and active runs.", json: true) => Arguments.Add(_id);

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var job = await run.Metronome.JobAsync(
            arguments.GetRequiredValue(_id), "activeRuns,schedules,historySummary", cancellationToken);
        if (run.Display.IsJson)
        {
            run.Display.Json(job);
            return ExitCodes.Success;
        }
        run.Display.Facts(Facts(job));
        var runs = job.Items("activeRuns").ToList();
        if (runs.Count > 0)
        {
            run.Display.Line("");
            run.Display.Table(["RUN", "STATUS", "CREATED", "TASKS"], runs.Select(static active => new[]
            {
                active.Text("id"), active.Text("status"), active.Text("createdAt"), active.Items("tasks").Count().ToString(),
            }));
        }
        return ExitCodes.Success;
    }

    private static IEnumerable<(string Name, string Value)> Facts(JsonElement job)
    {
        var what = job.Member("run") ?? default;
        var summary = job.Member("historySummary") ?? default;
        yield return ("job", job.Text("id"));
        yield return ("description", job.Text("description"));
        yield return ("status", JobText.Status(job));
        yield return ("last run", JobText.LastRun(summary));
        yield return ("runs", $"{summary.Integer("successCount")} succeeded, {summary.Integer("failureCount")} failed");
        yield return ("command", what.Text("cmd"));
        yield return ("image", what.Member("docker")?.Text("image") ?? what.Member("ucr")?.Member("image")?.Text("id") ?? "");
        yield return ("resources", $"{Humane.Amount(what.Number("cpus"))} cpus, {Humane.Amount(what.Number("mem"))} MB memory, {Humane.Amount(what.Number("disk"))} MB disk");

        // Values may be secrets that nobody wants on a screen: --json has them.
        yield return ("environment", what.Member("env") is { ValueKind: JsonValueKind.Object } env
            ? string.Join(' ', env.EnumerateObject().Select(static variable => variable.Name))
            : "");
        yield return ("depends on", string.Join(' ', job.Items("dependencies").Select(static other => other.Text("id"))));
        foreach (var schedule in job.Items("schedules"))
        {
            yield return ("schedule", $"{schedule.Text("id")}: {schedule.Text("cron")} ({schedule.Text("timezone")}), next {JobText.NextRun(schedule)}");
        }
    }
}
