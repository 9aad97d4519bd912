using System.CommandLine;
using System.Text.Json;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;
using Plenum.Cli.Output;

namespace Plenum.Cli.Apps;

internal sealed class AppListCommand(CliHost host) : BaseCommand(host, "list", "List the apps.", json: true)
{
    private const int MaximumWhat = 48;

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var apps = await run.Marathon.AppsAsync(cancellationToken);
        if (run.Display.IsJson)
        {
            run.Display.Json(JsonReading.ArrayOf(apps));
        }
        else if (apps.Count == 0)
        {
            run.Display.Line("no apps yet; ./plenum app add FILE adds one");
        }
        else
        {
            run.Display.Table(
                ["ID", "RUNNING", "HEALTHY", "CPUS", "MEM", "DEPLOYMENT", "RUNS"],
                apps.OrderBy(app => app.Text("id"), StringComparer.Ordinal).Select(Row));
        }
        return ExitCodes.Success;
    }

    private static string[] Row(JsonElement app) =>
    [
        app.Text("id"),
        $"{app.Integer("tasksRunning")}/{app.Integer("instances")}",
        app.Items("healthChecks").Any() ? $"{app.Integer("tasksHealthy")}/{app.Integer("instances")}" : "-",
        Humane.Amount(app.Number("cpus")),
        Humane.Amount(app.Number("mem")),
        app.Items("deployments").Select(deployment => deployment.Text("id")).FirstOrDefault() ?? "-",
        AppText.What(app, MaximumWhat),
    ];
}
