using System.CommandLine;
using System.Text.Json;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;
using Plenum.Cli.Output;

namespace Plenum.Cli.Pods;

internal sealed class PodKillCommand : BaseCommand
{
    private readonly Argument<string> _id = PodId.Argument();

    private readonly Argument<string[]> _instances = new("INSTANCES")
    {
        Description = "Ids of instances, as pod status shows them; all of the pod's when none is given.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public PodKillCommand(CliHost host)
        : base(host, "kill", "End instances of a pod; others are started in their place.", json: true)
    {
        Arguments.Add(_id);
        Arguments.Add(_instances);
    }

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var id = arguments.GetRequiredValue(_id);
        var status = await run.Marathon.PodStatusAsync(id, cancellationToken);
        var known = status.Items("instances").Select(instance => instance.Text("id")).ToList();
        string[] named = arguments.GetValue(_instances) is { Length: > 0 } some ? some : [.. known];
        if (named.Except(known).FirstOrDefault() is { } unknown)
        {
            throw new CommandFailure(ExitCodes.NotFound, $"{id} has no instance '{unknown}'", $"./plenum pod status {id} shows them");
        }
        var body = JsonReading.ArrayOf(named.Select(JsonReading.FromText)).GetRawText();
        var answer = await run.Marathon.ChangeAsync(
            HttpMethod.Delete, $"v2/pods{MarathonClient.Path(id)}::instances", body, force: false, cancellationToken);
        if (!answer.Succeeded)
        {
            throw ApiClient.Failure(answer);
        }
        if (run.Display.IsJson)
        {
            run.Display.Json(answer.Body);
        }
        run.Display.Line($"{id}: {Humane.Count(answer.Body.Elements().Count(), "instance")} killed, others take their place");
        return ExitCodes.Success;
    }
}
