using System.CommandLine;
using System.Text.Json;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;
using Plenum.Cli.Output;

namespace Plenum.Cli.Pods;

/// <summary>The columns of DC/OS' command line, which scripts cut apart.</summary>
internal sealed class PodListCommand(CliHost host) : BaseCommand(host, "list", "List the pods with their containers.", json: true)
{
    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var pods = await run.Marathon.PodStatusesAsync(cancellationToken);
        if (run.Display.IsJson)
        {
            run.Display.Json(JsonReading.ArrayOf(pods));
            return ExitCodes.Success;
        }
        if (pods.Count == 0)
        {
            run.Display.Line("no pods yet; ./plenum pod add FILE adds one");
            return ExitCodes.Success;
        }
        var queue = await run.Marathon.QueueAsync(cancellationToken);
        run.Display.Table(
            ["ID+TASKS", "INSTANCES", "VERSION", "STATUS", "STATUS SINCE", "WAITING"],
            pods.OrderBy(pod => pod.Text("id"), StringComparer.Ordinal).SelectMany(pod => Rows(pod, queue)));
        return ExitCodes.Success;
    }

    private static IEnumerable<string[]> Rows(JsonElement pod, IReadOnlyList<JsonElement> queue)
    {
        yield return
        [
            pod.Text("id"),
            $"{PodText.Stable(pod)}/{PodText.Wanted(pod)}",
            pod.Member("spec")?.Text("version") ?? "",
            pod.Text("status"),
            pod.Text("statusSince"),
            PodText.Waiting(queue, pod.Text("id")) is > 0 and var waiting ? $"{waiting}" : "-",
        ];
        foreach (var container in pod.Member("spec")?.Items("containers") ?? [])
        {
            yield return [$" |-{container.Text("name")}", "", "", "", "", ""];
        }
    }
}
