using System.CommandLine;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Deployments;

internal sealed class DeploymentWatchCommand : BaseCommand
{
    private readonly Argument<string?> _id = new("ID")
    {
        Description = "The deployment; may be left out when only one runs.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public DeploymentWatchCommand(CliHost host)
        : base(host, "watch", "Follow a deployment to its end.", json: true) => Arguments.Add(_id);

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        await using var events = await DeploymentEvents.ListenAsync(run.Marathon, run.Host.Time, cancellationToken);
        var running = await run.Marathon.DeploymentsAsync(cancellationToken);
        var wanted = arguments.GetValue(_id);
        var matching = running.Where(each => wanted is null || each.Text("id").StartsWith(wanted, StringComparison.Ordinal)).ToList();
        if (matching.Count == 0)
        {
            throw new CommandFailure(
                ExitCodes.NotFound,
                wanted is null ? "no deployment is running" : $"no deployment '{wanted}' is running",
                wanted is null ? null : "it may be over: ./plenum app list shows how the apps stand");
        }
        if (matching.Count > 1)
        {
            throw new CommandFailure(
                ExitCodes.Usage,
                $"{matching.Count} deployments run: {string.Join(", ", matching.Select(each => each.Text("id")))}",
                "say which one");
        }
        var id = matching[0].Text("id");
        var subject = matching[0].Items("affectedApps").Select(app => app.ToString()).FirstOrDefault() ?? "deployment " + id;
        var end = await run.Follower().FollowAsync(id, events, timeout: null, cancellationToken);
        return await DeploymentReport.EndAsync(run, subject, "is deployed", id, end, cancellationToken);
    }
}
