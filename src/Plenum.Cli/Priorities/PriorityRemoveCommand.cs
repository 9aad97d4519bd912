using System.CommandLine;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Priorities;

internal sealed class PriorityRemoveCommand : BaseCommand
{
    private readonly Argument<string> _role = PriorityText.Role();

    public PriorityRemoveCommand(CliHost host)
        : base(host, "remove", "Take a role's priority away.")
    {
        Arguments.Add(_role);
    }

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        // The master takes away what is not there without a word, and a typing error would pass for done.
        var role = arguments.GetRequiredValue(_role);
        if (!(await run.Master.PrioritiesAsync(cancellationToken)).Elements().Any(entry => entry.Text("role") == role))
        {
            throw new CommandFailure(
                ExitCodes.NotFound, $"role '{role}' has no priority", "./plenum priority list shows those that have one");
        }

        await run.Master.PrioritizeAsync(PriorityText.Change(role, priority: null), cancellationToken);
        run.Display.Line($"role {role} has no priority of its own any more");
        return ExitCodes.Success;
    }
}
