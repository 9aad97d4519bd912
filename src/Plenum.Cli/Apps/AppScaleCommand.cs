using System.CommandLine;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Apps;

internal sealed class AppScaleCommand : ChangeCommand
{
    private readonly Argument<string> _id = AppId.Argument();

    private readonly Argument<int> _instances = new("N")
    {
        Description = "How many instances should run.",
        CustomParser = WholeNumber.Parse,
    };

    public AppScaleCommand(CliHost host)
        : base(host, "scale", "Run more or fewer instances of an app.")
    {
        Arguments.Add(_id);
        Arguments.Add(_instances);
    }

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var id = arguments.GetRequiredValue(_id);

        // A PUT to an id with a typing error would create an app.
        await run.Marathon.AppAsync(id, cancellationToken);
        var body = $$"""{"instances":{{arguments.GetRequiredValue(_instances)}}}""";
        return await ApplyAsync(
            arguments,
            run,
            new Change(HttpMethod.Put, "v2/apps" + MarathonClient.Path(id), body, id, "is scaled"),
            cancellationToken);
    }
}
