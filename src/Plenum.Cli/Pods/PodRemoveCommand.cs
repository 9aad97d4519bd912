using System.CommandLine;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Pods;

internal sealed class PodRemoveCommand : ChangeCommand
{
    private readonly Argument<string> _id = PodId.Argument();

    public PodRemoveCommand(CliHost host)
        : base(host, "remove", "Stop a pod and forget it.") => Arguments.Add(_id);

    protected override Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var id = arguments.GetRequiredValue(_id);
        return ApplyAsync(
            arguments, run, new Change(HttpMethod.Delete, "v2/pods" + MarathonClient.Path(id), null, id, "is removed"), cancellationToken);
    }
}
