using System.CommandLine;
using System.Text.Json;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Apps;

internal sealed class AppAddCommand : ChangeCommand
{
    private readonly Argument<string> _file = new("FILE")
    {
        Description = "Definition of an app or a group of apps as JSON; - reads standard input.",
    };

    public AppAddCommand(CliHost host)
        : base(host, "add", "Add an app or a group, and wait until it runs.") => Arguments.Add(_file);

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var file = arguments.GetRequiredValue(_file);
        var definition = await DefinitionFile.ReadAsync(file, run.Host, cancellationToken);
        if (definition.ValueKind is not JsonValueKind.Object || definition.Text("id").Length == 0)
        {
            throw new CommandFailure(
                ExitCodes.Usage,
                $"{file} does not hold an app, group or pod: it must be an object with an id",
                "an app definition looks like examples/web.json");
        }
        return await ApplyAsync(
            arguments,
            run,
            new Change(HttpMethod.Post, Collection(definition), definition.GetRawText(), AppId.Normal(definition.Text("id")), "is deployed"),
            cancellationToken);
    }

    // The three kinds are told apart by the members that only one of them has.
    private static string Collection(JsonElement definition) =>
        definition.Member("containers") is not null ? "v2/pods"
        : definition.Member("apps") is not null || definition.Member("groups") is not null || definition.Member("pods") is not null
            ? "v2/groups"
        : "v2/apps";
}
