using System.CommandLine;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Apps;

internal sealed class AppRemoveCommand : ChangeCommand
{
    private readonly Argument<string> _id = AppId.Argument();

    public AppRemoveCommand(CliHost host)
        : base(host, "remove", "Stop an app and forget it.", forceable: false) => Arguments.Add(_id);

    protected override Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var id = arguments.GetRequiredValue(_id);
        return ApplyAsync(
            arguments,
            run,
            new Change(HttpMethod.Delete, "v2/apps" + MarathonClient.Path(id), null, id, "is removed"),
            cancellationToken);
    }
}
