using System.CommandLine;
using System.Text.Json;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;
using Plenum.Cli.Output;

namespace Plenum.Cli.Pods;

internal sealed class PodStatusCommand : BaseCommand
{
    private readonly Argument<string> _id = PodId.Argument();

    public PodStatusCommand(CliHost host)
        : base(host, "status", "Show how a pod's instances and their containers do.", json: true) => Arguments.Add(_id);

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var pod = await run.Marathon.PodStatusAsync(arguments.GetRequiredValue(_id), cancellationToken);
        if (run.Display.IsJson)
        {
            run.Display.Json(pod);
            return ExitCodes.Success;
        }
        run.Display.Line($"{pod.Text("id")}: {pod.Text("status")}, {PodText.Stable(pod)} of {PodText.Wanted(pod)} instances stable");
        var instances = pod.Items("instances").ToList();
        if (instances.Count > 0)
        {
            run.Display.Line("");
            run.Display.Table(
                ["INSTANCE+TASKS", "STATUS", "HOST", "SINCE", "MESSAGE"],
                instances.SelectMany(instance => Rows(instance, run.Now)));
        }
        foreach (var end in pod.Items("terminationHistory"))
        {
            run.Display.Line("");
            run.Display.Line($"Its last failure: {Humane.Ago(Humane.Time(end.Text("terminatedAt")), run.Now)} ago: {end.Text("message")}");
        }
        return ExitCodes.Success;
    }

    private static IEnumerable<string[]> Rows(JsonElement instance, DateTimeOffset now)
    {
        yield return Row(instance.Text("id"), instance, instance.Text("agentHostname"), now);
        foreach (var container in instance.Items("containers"))
        {
            yield return Row($" |-{container.Text("name")}", container, "", now);
        }
    }

    private static string[] Row(string name, JsonElement state, string host, DateTimeOffset now) =>
        [name, state.Text("status"), host, Humane.Ago(Humane.Time(state.Text("statusSince")), now), state.Text("message")];
}
