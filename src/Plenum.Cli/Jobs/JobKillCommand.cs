using System.CommandLine;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;
using Plenum.Cli.Output;

namespace Plenum.Cli.Jobs;

internal sealed class JobKillCommand : BaseCommand
{
    private readonly Argument<string> _id = JobText.IdArgument();

    private readonly Argument<string?> _run = new("RUN")
    {
        Description = "The run to stop, as job show tells it.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> _all = new("--all") { Description = "Stop every run of the job that is under way." };

    public JobKillCommand(CliHost host)
        : base(host, "kill", "Stop runs of a job.")
    {
        Arguments.Add(_id);
        Arguments.Add(_run);
        Options.Add(_all);
    }

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var id = arguments.GetRequiredValue(_id);
        var named = arguments.GetValue(_run);
        if (named is null == !arguments.GetValue(_all))
        {
            throw new CommandFailure(ExitCodes.Usage, "name one run, or say --all");
        }
        var runs = named is not null
            ? [named]
            : (await run.Metronome.SendAsync(HttpMethod.Get, MetronomeClient.Runs(id), null, cancellationToken))
                .Elements().Select(static active => active.Text("id")).ToList();
        foreach (var stopped in runs)
        {
            await run.Metronome.SendAsync(
                HttpMethod.Post, $"{MetronomeClient.Runs(id)}/{Uri.EscapeDataString(stopped)}/actions/stop", "{}", cancellationToken);
        }
        run.Display.Line($"{Humane.Count(runs.Count, "run")} of {id} told to stop");
        return ExitCodes.Success;
    }
}
