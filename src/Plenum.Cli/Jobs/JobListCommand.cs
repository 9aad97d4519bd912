using System.CommandLine;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Jobs;

internal sealed class JobListCommand : BaseCommand
{
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Print ids only." };

    public JobListCommand(CliHost host)
        : base(host, "list", "List the jobs.", json: true) => Options.Add(_quiet);

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var jobs = await run.Metronome.JobsAsync("activeRuns,schedules,historySummary", cancellationToken);
        if (run.Display.IsJson)
        {
            run.Display.Json(JsonReading.ArrayOf(jobs));
        }
        else if (arguments.GetValue(_quiet))
        {
            foreach (var job in jobs)
            {
                run.Display.Line(job.Text("id"));
            }
        }
        else if (jobs.Count == 0)
        {
            run.Display.Line("no jobs yet; ./plenum job add FILE adds one");
        }
        else
        {
            run.Display.Table(
                ["ID", "STATUS", "LAST RUN"],
                jobs.Select(static job => new[]
                {
                    job.Text("id"), JobText.Status(job), JobText.LastRun(job.Member("historySummary") ?? default),
                }));
        }
        return ExitCodes.Success;
    }
}
