using System.CommandLine;
using System.Text.Json;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;
using Plenum.Cli.Output;

namespace Plenum.Cli.Status;

internal sealed class StatusCommand(CliHost host) : BaseCommand(host, "status", "Tell whether the cluster runs, and what on it.", json: true)
{
    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var master = await AskAsync(run.Master.SummaryAsync(cancellationToken));
        var marathon = await AskAsync(run.Marathon.InfoAsync(cancellationToken));
        if (master is null && marathon is null)
        {
            if (run.Display.IsJson)
            {
                run.Display.Json(Json(null, null, [], []));
            }
            run.Display.Fail(
                $"not running: nothing answers at {run.Master.Address.Authority} and {run.Marathon.Address.Authority}", "start it with ./plenum up");
            return ExitCodes.Unreachable;
        }

        IReadOnlyList<JsonElement> apps = marathon is null ? [] : await run.Marathon.AppsAsync(cancellationToken);
        IReadOnlyList<JsonElement> deployments = marathon is null ? [] : await run.Marathon.DeploymentsAsync(cancellationToken);
        if (run.Display.IsJson)
        {
            run.Display.Json(Json(master, marathon, apps, deployments));
        }
        else
        {
            run.Display.Facts([.. MasterFacts(run, master), .. MarathonFacts(run, marathon, apps, deployments)]);
        }
        return master is null || marathon is null ? ExitCodes.Unreachable : ExitCodes.Success;
    }

    private static async Task<JsonElement?> AskAsync(Task<JsonElement> asking)
    {
        try
        {
            return await asking;
        }
        catch (CommandFailure failure) when (failure.ExitCode == ExitCodes.Unreachable)
        {
            return null;
        }
    }

    private static IEnumerable<(string Name, string Value)> MasterFacts(CommandRun run, JsonElement? answer)
    {
        if (answer is not { } summary)
        {
            yield return ("master", $"does not answer at {run.Master.Address.Authority}");
            yield break;
        }
        var nodes = summary.Items("slaves").ToList();
        yield return ("master", $"answers at {run.Master.Address.Authority}");
        yield return ("cluster", summary.Text("cluster"));
        yield return ("nodes", $"{nodes.Count(node => node.Flag("active"))} of {nodes.Count} active");
        yield return ("used", string.Join(", ", Use(nodes, "cpus", "cpus"), Use(nodes, "mem", "MB memory"), Use(nodes, "disk", "MB disk")));
        yield return ("tasks", $"{nodes.Sum(node => node.Integer("TASK_RUNNING"))} running, "
            + $"{nodes.Sum(node => node.Integer("TASK_STAGING") + node.Integer("TASK_STARTING"))} starting");
        yield return ("frameworks", string.Join(", ", summary.Items("frameworks").Select(framework => framework.Text("name"))));
    }

    private static IEnumerable<(string Name, string Value)> MarathonFacts(
        CommandRun run, JsonElement? info, IReadOnlyList<JsonElement> apps, IReadOnlyList<JsonElement> deployments)
    {
        if (info is not { } marathon)
        {
            yield return ("marathon", $"does not answer at {run.Marathon.Address.Authority}");
            yield break;
        }
        var version = marathon.Text("version");
        yield return ("marathon", $"{(version.Length > 0 ? version + " " : "")}answers at {run.Marathon.Address.Authority}");
        var whole = apps.Count(app => app.Integer("tasksRunning") >= app.Integer("instances"));
        yield return ("apps", apps.Count == 0
            ? "none yet; ./plenum app add FILE adds one"
            : $"{apps.Count}, {whole} with all instances running");
        yield return ("deployments", deployments.Count == 0 ? "none running" : Humane.Count(deployments.Count, "deployment") + " running");
    }

    private static string Use(List<JsonElement> nodes, string resource, string unit)
    {
        var used = nodes.Sum(node => node.Member("used_resources")?.Number(resource) ?? 0);
        var total = nodes.Sum(node => node.Member("resources")?.Number(resource) ?? 0);
        return $"{Humane.Amount(used)} of {Humane.Amount(total)} {unit}";
    }

    private static JsonElement Json(
        JsonElement? master, JsonElement? marathon, IReadOnlyList<JsonElement> apps, IReadOnlyList<JsonElement> deployments) =>
        JsonReading.Build(writer =>
        {
            var nodes = (master?.Items("slaves") ?? []).ToList();
            writer.WriteStartObject();
            writer.WriteBoolean("running", master is not null && marathon is not null);
            writer.WriteBoolean("master", master is not null);
            writer.WriteBoolean("marathon", marathon is not null);
            writer.WriteNumber("nodes", nodes.Count);
            writer.WriteNumber("activeNodes", nodes.Count(node => node.Flag("active")));
            writer.WriteNumber("tasksRunning", nodes.Sum(node => node.Integer("TASK_RUNNING")));
            writer.WriteNumber("apps", apps.Count);
            writer.WriteNumber("deployments", deployments.Count);
            writer.WriteEndObject();
        });
}
