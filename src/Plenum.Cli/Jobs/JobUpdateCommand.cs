using System.CommandLine;
using Plenum.Cli.Apps;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Jobs;

internal sealed class JobUpdateCommand : BaseCommand
{
    private readonly Argument<string> _file = new("FILE")
    {
        Description = "The whole definition as JSON; - reads standard input. Its schedules are not looked at: job schedule changes those.",
    };

    public JobUpdateCommand(CliHost host)
        : base(host, "update", "Replace a job's definition; its schedules stay.", json: true) => Arguments.Add(_file);

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var file = arguments.GetRequiredValue(_file);
        var definition = await DefinitionFile.ReadAsync(file, run.Host, cancellationToken);
        if (definition.Text("id") is not { Length: > 0 } id)
        {
            throw new CommandFailure(ExitCodes.Usage, $"{file} does not hold a job: it must be an object with an id");
        }
        var changed = await run.Metronome.SendAsync(HttpMethod.Put, MetronomeClient.Path(id), definition.GetRawText(), cancellationToken);
        if (run.Display.IsJson)
        {
            run.Display.Json(changed);
        }
        run.Display.Line($"{id} is updated; runs that are under way go on as they began");
        return ExitCodes.Success;
    }
}
