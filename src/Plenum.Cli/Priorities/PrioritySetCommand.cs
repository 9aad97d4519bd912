using System.CommandLine;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Priorities;

internal sealed class PrioritySetCommand : BaseCommand
{
    private readonly Argument<string> _role = PriorityText.Role();

    private readonly Argument<int> _priority = new("N")
    {
        Description = "From -1000 to 1000; more important is larger, and a role without one has that of the role above it, else 0.",
        CustomParser = PriorityText.Parse,
    };

    public PrioritySetCommand(CliHost host)
        : base(host, "set", "Give a role a priority: tasks of less important roles may end for it.")
    {
        Arguments.Add(_role);
        Arguments.Add(_priority);
    }

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var (role, priority) = (arguments.GetRequiredValue(_role), arguments.GetRequiredValue(_priority));
        await run.Master.PrioritizeAsync(PriorityText.Change(role, priority), cancellationToken);
        run.Display.Line($"role {role} has priority {priority}");
        return ExitCodes.Success;
    }
}
