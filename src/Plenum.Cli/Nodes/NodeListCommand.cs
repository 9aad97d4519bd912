using System.CommandLine;
using System.Text.Json;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;
using Plenum.Cli.Output;

namespace Plenum.Cli.Nodes;

internal sealed class NodeListCommand(CliHost host) : BaseCommand(host, "list", "List the machines of the cluster.", json: true)
{
    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var nodes = (await run.Master.SummaryAsync(cancellationToken)).Items("slaves").ToList();
        if (run.Display.IsJson)
        {
            run.Display.Json(JsonReading.ArrayOf(nodes));
        }
        else if (nodes.Count == 0)
        {
            run.Display.Line("no node has joined the cluster");
        }
        else
        {
            run.Display.Table(
                ["HOST", "ADDRESS", "STATE", "TASKS", "CPUS", "MEM", "DISK", "ID"],
                nodes.OrderBy(node => node.Text("hostname"), StringComparer.Ordinal).Select(Row));
        }
        return ExitCodes.Success;
    }

    private static string[] Row(JsonElement node) =>
    [
        node.Text("hostname"),
        AgentAddress.FromProcessId(node.Text("pid"))?.Authority ?? "-",
        State(node),
        node.Integer("TASK_RUNNING").ToString(),
        Part(node, "cpus"),
        Part(node, "mem"),
        Part(node, "disk"),
        node.Text("id"),
    ];

    private static string State(JsonElement node) =>
        node.Member("drain_info") is not null ? "draining"
        : node.Flag("deactivated") ? "deactivated"
        : node.Flag("active") ? "active"
        : "unreachable";

    private static string Part(JsonElement node, string resource) => Humane.Part(
        node.Member("used_resources")?.Number(resource) ?? 0, node.Member("resources")?.Number(resource) ?? 0);
}
