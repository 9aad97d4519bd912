using System.CommandLine;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Deployments;

internal sealed class DeploymentRollbackCommand : ChangeCommand
{
    private readonly Argument<string> _id = new("ID") { Description = "The deployment to take back." };

    public DeploymentRollbackCommand(CliHost host)
        : base(host, "rollback", "Take a running deployment back: what it changed becomes what it was.", forceable: false)
    {
        Aliases.Add("revert");
        Arguments.Add(_id);
    }

    protected override Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var id = arguments.GetRequiredValue(_id);
        return ApplyAsync(
            arguments,
            run,
            new Change(HttpMethod.Delete, "v2/deployments/" + Uri.EscapeDataString(id), null, "deployment " + id, "is taken back"),
            cancellationToken);
    }
}
