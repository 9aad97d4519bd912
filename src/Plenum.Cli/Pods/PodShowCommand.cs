using System.CommandLine;
using System.Text.Json;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;
using Plenum.Cli.Output;

namespace Plenum.Cli.Pods;

internal sealed class PodShowCommand : BaseCommand
{
    private readonly Argument<string> _id = PodId.Argument();

    public PodShowCommand(CliHost host)
        : base(host, "show", "Show what a pod is made of.", json: true) => Arguments.Add(_id);

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var pod = await run.Marathon.PodAsync(arguments.GetRequiredValue(_id), cancellationToken);
        if (run.Display.IsJson)
        {
            run.Display.Json(pod);
            return ExitCodes.Success;
        }
        run.Display.Facts(Facts(pod));
        run.Display.Line("");
        run.Display.Table(
            ["CONTAINER", "CPUS", "MEM", "ENDPOINTS", "RUNS"],
            pod.Items("containers").Select(container => new[]
            {
                container.Text("name"),
                Humane.Amount(container.Member("resources")?.Number("cpus") ?? 0),
                Humane.Amount(container.Member("resources")?.Number("mem") ?? 0),
                string.Join(' ', container.Items("endpoints").Select(endpoint => endpoint.Text("name"))),
                What(container),
            }));
        return ExitCodes.Success;
    }

    private static IEnumerable<(string Name, string Value)> Facts(JsonElement pod)
    {
        yield return ("pod", pod.Text("id"));
        yield return ("version", pod.Text("version"));
        yield return ("instances", $"{pod.Member("scaling")?.Integer("instances") ?? 0}");
        yield return ("networks", string.Join(", ", pod.Items("networks").Select(network =>
            string.Join(' ', new[] { network.Text("mode"), network.Text("name") }.Where(word => word.Length > 0)))));
        yield return ("constraints", string.Join(", ", (pod.Member("scheduling")?.Member("placement")?.Items("constraints") ?? [])
            .Select(rule => $"{rule.Text("fieldName")} {rule.Text("operator")} {rule.Text("value")}".TrimEnd())));
        yield return ("volumes", string.Join(' ', pod.Items("volumes").Select(volume => volume.Text("name"))));
    }

    private static string What(JsonElement container)
    {
        var command = container.Member("exec")?.Member("command") ?? default;
        var words = command.Text("shell") is { Length: > 0 } shell
            ? shell
            : string.Join(' ', command.Items("argv").Select(word => word.ToString()));
        var image = container.Member("image")?.Text("id") ?? "";
        return string.Join(": ", new[] { image, words }.Where(part => part.Length > 0)).ReplaceLineEndings(" ");
    }
}
