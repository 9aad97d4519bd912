using System.CommandLine;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Apps;

internal sealed class AppRestartCommand : ChangeCommand
{
    private readonly Argument<string> _id = AppId.Argument();

    public AppRestartCommand(CliHost host)
        : base(host, "restart", "Replace every instance of an app, by its upgrade strategy.") => Arguments.Add(_id);

    protected override Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var id = arguments.GetRequiredValue(_id);
        return ApplyAsync(
            arguments,
            run,
            new Change(HttpMethod.Post, $"v2/apps{MarathonClient.Path(id)}/restart", null, id, "is restarted"),
            cancellationToken);
    }
}
