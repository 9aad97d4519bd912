using System.CommandLine;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Jobs;

internal sealed class JobRemoveCommand : BaseCommand
{
    private readonly Argument<string> _id = JobText.IdArgument();

    private readonly Option<bool> _stop = new("--stop-current-job-runs")
    {
        Description = "Stop the runs that are under way; without it a job that has some stays.",
    };

    public JobRemoveCommand(CliHost host)
        : base(host, "remove", "Forget a job and its history.")
    {
        Arguments.Add(_id);
        Options.Add(_stop);
    }

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var id = arguments.GetRequiredValue(_id);
        var stop = arguments.GetValue(_stop) ? "true" : "false";
        await run.Metronome.SendAsync(HttpMethod.Delete, $"{MetronomeClient.Path(id)}?stopCurrentJobRuns={stop}", null, cancellationToken);
        run.Display.Line($"{id} is removed");
        return ExitCodes.Success;
    }
}
