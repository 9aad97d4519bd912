using System.CommandLine;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Deployments;

/// <summary>Lets a deployment stand still, or go on.</summary>
internal sealed class DeploymentPauseCommand : BaseCommand
{
    private readonly Argument<string> _id = new("ID") { Description = "The deployment, as ./plenum deployment list shows it." };
    private readonly bool _pauses;

    private DeploymentPauseCommand(CliHost host, string name, string description, bool pauses)
        : base(host, name, description)
    {
        _pauses = pauses;
        Arguments.Add(_id);
    }

    public static DeploymentPauseCommand Pause(CliHost host) =>
        new(host, "pause", "Let a deployment stand still: no next step, and no more instances replaced than now.", pauses: true);

    public static DeploymentPauseCommand Resume(CliHost host) =>
        new(host, "resume", "Let a paused deployment go on.", pauses: false);

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var id = arguments.GetRequiredValue(_id);
        var path = $"v2/deployments/{Uri.EscapeDataString(id)}/{(_pauses ? "pause" : "resume")}";
        var answer = await run.Marathon.ChangeAsync(HttpMethod.Post, path, null, force: false, cancellationToken);
        if (!answer.Succeeded)
        {
            var failure = ApiClient.Failure(answer);
            throw new CommandFailure(failure.ExitCode, failure.Message, failure.Advice ?? "./plenum deployment list shows what runs");
        }
        run.Display.Line(_pauses
            ? $"deployment {id} stands still; ./plenum deployment resume {id} lets it go on"
            : $"deployment {id} goes on");
        return ExitCodes.Success;
    }
}
