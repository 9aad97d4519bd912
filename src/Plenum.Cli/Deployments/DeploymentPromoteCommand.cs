using System.CommandLine;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Deployments;

internal sealed class DeploymentPromoteCommand : ChangeCommand
{
    private readonly Argument<string> _id = new("ID") { Description = "The deployment whose canaries are good." };
    private readonly Option<bool> _full = new("--full") { Description = "On to all instances, whatever steps are left." };

    public DeploymentPromoteCommand(CliHost host)
        : base(host, "promote", "Let an update on that waits with its canaries: to its next step, or to all instances.", forceable: false)
    {
        Arguments.Add(_id);
        Options.Add(_full);
    }

    protected override Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var id = arguments.GetRequiredValue(_id);
        var path = $"v2/deployments/{Uri.EscapeDataString(id)}/promote{(arguments.GetValue(_full) ? "?full=true" : "")}";
        return ApplyAsync(arguments, run, new Change(HttpMethod.Post, path, null, "deployment " + id, "is done"), cancellationToken);
    }
}
