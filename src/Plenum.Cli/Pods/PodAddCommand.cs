using System.CommandLine;
using System.Text.Json;
using Plenum.Cli.Apps;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Pods;

internal sealed class PodAddCommand : ChangeCommand
{
    private readonly Argument<string> _file = new("FILE")
    {
        Description = "Definition of the pod as JSON; - reads standard input.",
    };

    public PodAddCommand(CliHost host)
        : base(host, "add", "Add a pod, and wait until it runs.") => Arguments.Add(_file);

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var file = arguments.GetRequiredValue(_file);
        var definition = await DefinitionFile.ReadAsync(file, run.Host, cancellationToken);
        if (definition.Text("id").Length == 0 || definition.Member("containers") is null)
        {
            throw new CommandFailure(ExitCodes.Usage, $"{file} does not hold a pod: it must be an object with an id and containers");
        }
        return await ApplyAsync(
            arguments,
            run,
            new Change(HttpMethod.Post, "v2/pods", definition.GetRawText(), AppId.Normal(definition.Text("id")), "is deployed"),
            cancellationToken);
    }
}
