using System.CommandLine;
using System.Text.Json;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;
using Plenum.Cli.Output;

namespace Plenum.Cli.Frameworks;

internal sealed class FrameworkListCommand(CliHost host) : BaseCommand(host, "list", "List the frameworks that share the cluster.", json: true)
{
    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var frameworks = (await run.Master.FrameworksAsync(cancellationToken)).Items("frameworks").ToList();
        if (run.Display.IsJson)
        {
            run.Display.Json(JsonReading.ArrayOf(frameworks));
        }
        else if (frameworks.Count == 0)
        {
            run.Display.Line("no framework has subscribed");
        }
        else
        {
            run.Display.Table(
                ["NAME", "STATE", "ROLES", "TASKS", "OFFERS", "CPUS", "MEM", "ID"],
                frameworks.OrderBy(framework => framework.Text("name"), StringComparer.Ordinal).Select(Row));
        }
        return ExitCodes.Success;
    }

    private static string[] Row(JsonElement framework) =>
    [
        framework.Text("name"),
        framework.Flag("connected") ? "connected" : "away",
        string.Join(',', Roles(framework)),
        framework.Items("tasks").Count().ToString(),
        framework.Items("offers").Count().ToString(),
        Used(framework, "cpus"),
        Used(framework, "mem"),
        framework.Text("id"),
    ];

    private static IEnumerable<string> Roles(JsonElement framework) =>
        framework.Member("roles") is { } roles ? roles.Elements().Select(role => role.GetString() ?? "") : [framework.Text("role")];

    private static string Used(JsonElement framework, string resource) =>
        Humane.Amount(framework.Member("used_resources")?.Number(resource) ?? 0);
}
