using System.CommandLine;
using Plenum.Cli.Commands;
using Plenum.Cli.Deployments;

namespace Plenum.Cli.Moving;

internal sealed class ImportMarathonCommand : BaseCommand
{
    private static readonly TimeSpan DefaultPatience = TimeSpan.FromMinutes(10);

    // A person's answer is a word.
    private const int MaximumAnswer = 100;

    private readonly Argument<string> _source = new("SOURCE")
    {
        Description = "Address of a Marathon, or a file or directory that plenum export wrote; - reads standard input.",
    };

    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Say what differs and change nothing." };

    private readonly Option<bool> _yes = new("--yes") { Description = "Do not ask before changing anything." };

    private readonly Option<bool> _scaleZero = new("--scale-zero")
    {
        Description = "Create what is new with no instances; leave the instances of what exists alone.",
    };

    private readonly Option<int?> _timeout = new("--timeout")
    {
        Description = $"Wait at most this long, in all, for deployments that are in the way (else {DefaultPatience.TotalSeconds:0}).",
        HelpName = "SECONDS",
        CustomParser = result => WholeNumber.Parse(result),
    };

    private readonly Option<string> _prefix = Prefix();
    private readonly SourceAccess _access = new();

    public ImportMarathonCommand(CliHost host)
        : base(host, "marathon", "Recreate the groups, apps and pods of a Marathon here.", json: true)
    {
        Arguments.Add(_source);
        Options.Add(_dryRun);
        Options.Add(_yes);
        Options.Add(_scaleZero);
        Options.Add(_prefix);
        Options.Add(_timeout);
        _access.AddTo(this);
    }

    public static Option<string> Prefix() => new("--prefix")
    {
        Description = "Only what lies at or under this path.",
        HelpName = "PATH",
        DefaultValueFactory = _ => "/",
    };

    public static string Normal(string prefix) => "/" + prefix.Trim('/');

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var source = arguments.GetRequiredValue(_source);
        var prefix = Normal(arguments.GetRequiredValue(_prefix));
        var wanted = (SourceAccess.IsAddress(source)
            ? await _access.ReadAsync(source, arguments, run, cancellationToken)
            : await MoveFiles.ReadAsync(source, run.Host, cancellationToken)).Under(prefix);
        var here = (await run.ReadInventoryAsync(dropDefaultRole: false, cancellationToken)).Under(prefix);
        var plan = MovePlanner.Plan(wanted, here, arguments.GetValue(_scaleZero));
        MoveReport.Plan(run.Display, plan);

        var code = ExitCodes.Success;
        if (!arguments.GetValue(_dryRun) && plan.Any(item => item.IsWork))
        {
            if (!arguments.GetValue(_yes) && !await AgreedAsync(run, source, cancellationToken))
            {
                run.Display.Note("nothing was changed");
                return ExitCodes.Usage;
            }
            var patience = arguments.GetValue(_timeout) is { } seconds ? TimeSpan.FromSeconds(seconds) : DefaultPatience;
            await using var events = await DeploymentEvents.ListenAsync(run.Marathon, run.Host.Time, cancellationToken);
            await new Mover(run, events, patience, cancellationToken).MoveAsync(plan, wanted);
            code = MoveReport.End(run.Display, plan);
        }
        if (run.Display.IsJson)
        {
            run.Display.Json(MoveReport.Json(plan));
        }
        return code;
    }

    private static async Task<bool> AgreedAsync(CommandRun run, string source, CancellationToken cancellationToken)
    {
        if (!run.Host.Terminal.InputIsTerminal || source == "-")
        {
            throw new CommandFailure(
                ExitCodes.Usage, "nobody is there to be asked, so nothing was changed", "say --yes to do it, or --dry-run to see what it would do");
        }
        await run.Host.Error.WriteAsync("Do it? [y/N] ");
        var answer = "";
        var letter = new byte[1];
        while (answer.Length < MaximumAnswer && await run.Host.Input.ReadAsync(letter, cancellationToken) == 1 && letter[0] != '\n')
        {
            answer += (char)letter[0];
        }
        return answer.Trim().ToUpperInvariant() is "Y" or "YES";
    }
}
