using System.CommandLine;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;
using Plenum.Cli.Output;

namespace Plenum.Cli.Deployments;

internal sealed class DeploymentListCommand(CliHost host) : BaseCommand(host, "list", "List the deployments that run.", json: true)
{
    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var deployments = await run.Marathon.DeploymentsAsync(cancellationToken);
        if (run.Display.IsJson)
        {
            run.Display.Json(JsonReading.ArrayOf(deployments));
        }
        else if (deployments.Count == 0)
        {
            run.Display.Line("no deployment is running");
        }
        else
        {
            run.Display.Table(
                ["ID", "APPS", "STEP", "DOING", "SINCE"],
                deployments.Select(each => new[]
                {
                    each.Text("id"),
                    DeploymentText.Affected(each),
                    DeploymentText.Step(each),
                    DeploymentText.Actions(each),
                    Humane.Ago(Humane.Time(each.Text("version")), run.Now),
                }));
        }
        return ExitCodes.Success;
    }
}
