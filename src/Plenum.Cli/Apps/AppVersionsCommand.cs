using System.CommandLine;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Apps;

internal sealed class AppVersionsCommand : BaseCommand
{
    private readonly Argument<string> _id = AppId.Argument();

    public AppVersionsCommand(CliHost host)
        : base(host, "versions", "List the versions of an app, newest first.", json: true) => Arguments.Add(_id);

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var answer = await run.Marathon.AppVersionsAsync(arguments.GetRequiredValue(_id), cancellationToken);
        if (run.Display.IsJson)
        {
            run.Display.Json(answer.Member("versions") ?? answer);
            return ExitCodes.Success;
        }
        foreach (var version in answer.Items("versions"))
        {
            run.Display.Line(version.ToString());
        }
        return ExitCodes.Success;
    }
}
