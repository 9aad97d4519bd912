using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Plenum.Cli.Apps;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Pods;

/// <summary>Pods are only ever written whole: words change what there is, a file takes its place.</summary>
internal sealed class PodUpdateCommand : ChangeCommand
{
    private readonly Argument<string> _id = PodId.Argument();

    private readonly Argument<string[]> _changes = new("CHANGES")
    {
        Description = "key=value words (scaling.instances=3 labels.COLOR=green), or a JSON file with the whole pod; - reads standard input.",
        Arity = ArgumentArity.OneOrMore,
    };

    public PodUpdateCommand(CliHost host)
        : base(host, "update", "Change a pod and wait until the change is rolled out.")
    {
        Arguments.Add(_id);
        Arguments.Add(_changes);
    }

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var id = arguments.GetRequiredValue(_id);
        var changes = arguments.GetRequiredValue(_changes);
        var current = await run.Marathon.PodAsync(id, cancellationToken);
        var body = changes is [var file] && (file == "-" || !file.Contains('='))
            ? (await DefinitionFile.ReadAsync(file, run.Host, cancellationToken)).GetRawText()
            : Changed(current, changes);
        return await ApplyAsync(
            arguments, run, new Change(HttpMethod.Put, "v2/pods" + MarathonClient.Path(id), body, id, "is updated"), cancellationToken);
    }

    private static string Changed(JsonElement current, string[] words)
    {
        var whole = (JsonObject)JsonNode.Parse(current.GetRawText())!;
        foreach (var (name, value) in (JsonObject)JsonNode.Parse(AppPatch.Build(words, current))!)
        {
            whole[name] = value?.DeepClone();
        }
        return whole.ToJsonString();
    }
}
