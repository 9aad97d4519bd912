using System.CommandLine;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Apps;

internal sealed class AppUpdateCommand : ChangeCommand
{
    private readonly Argument<string> _id = AppId.Argument();

    private readonly Argument<string[]> _changes = new("CHANGES")
    {
        Description = "key=value words (instances=3 env.COLOR=green), or a JSON file; - reads standard input.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<bool> _replace = new("--replace")
    {
        Description = "The file is the whole definition: what it leaves out returns to its default.",
    };

    public AppUpdateCommand(CliHost host)
        : base(host, "update", "Change an app and wait until the change is rolled out.")
    {
        Arguments.Add(_id);
        Arguments.Add(_changes);
        Options.Add(_replace);
    }

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var id = arguments.GetRequiredValue(_id);
        var changes = arguments.GetRequiredValue(_changes);
        var replace = arguments.GetValue(_replace);
        string body;
        if (changes is [var file] && (file == "-" || !file.Contains('=')))
        {
            body = (await DefinitionFile.ReadAsync(file, run.Host, cancellationToken)).GetRawText();
        }
        else if (replace)
        {
            throw new CommandFailure(ExitCodes.Usage, "--replace needs a file with the whole definition");
        }
        else
        {
            // Asked for even when no word needs it: a PUT to an id with a typing error would create an app.
            body = AppPatch.Build(changes, await run.Marathon.AppAsync(id, cancellationToken));
        }
        var path = $"v2/apps{MarathonClient.Path(id)}{(replace ? "?partialUpdate=false" : "")}";
        return await ApplyAsync(arguments, run, new Change(HttpMethod.Put, path, body, id, "is updated"), cancellationToken);
    }
}
