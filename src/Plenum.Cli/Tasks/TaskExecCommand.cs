using System.CommandLine;
using Plenum.Cli.Commands;
using Plenum.Cli.Tasks.Exec;
using Plenum.Protocol.V1;

namespace Plenum.Cli.Tasks;

internal sealed class TaskExecCommand : BaseCommand
{
    private const string DefaultCommand = "sh";

    private readonly Argument<string> _task = TaskArgument.Create();

    private readonly Argument<string[]> _command = new("COMMAND")
    {
        Description = $"What to run, with its arguments; {DefaultCommand} unless given.",
        Arity = ArgumentArity.ZeroOrMore,
        CaptureRemainingTokens = true,
    };

    private readonly Option<bool> _interactive = new("--interactive", "-i") { Description = "Hand standard input to the command." };
    private readonly Option<bool> _terminal = new("--tty", "-t") { Description = "Give the command a terminal." };

    public TaskExecCommand(CliHost host)
        : base(host, "exec", "Run a command inside the container of a task. Options go before TASK.")
    {
        Options.Add(_interactive);
        Options.Add(_terminal);
        Arguments.Add(_task);
        Arguments.Add(_command);
    }

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var task = ClusterTasks.Find(
            await ClusterTasks.AllAsync(run.Master, cancellationToken), arguments.GetRequiredValue(_task), onlyRunning: true);
        if (task is not { Container: { } parent, Agent: { } address })
        {
            throw new CommandFailure(
                ExitCodes.Refused, $"the master does not say in which container {task.Id} runs", "try again in a moment");
        }

        // The two dashes of "exec TASK -- ls -l" are for readers: everything after TASK is the command.
        var words = arguments.GetValue(_command) ?? [];
        var command = words is ["--", ..] ? words[1..] : words;
        var container = new ContainerID { Value = Guid.NewGuid().ToString(), Parent = ContainerReference.Read(parent) };
        var session = new ExecSession(
            run.Agent(address), run.Host, container, arguments.GetValue(_interactive), arguments.GetValue(_terminal));
        return await session.RunAsync(command.Length > 0 ? command : [DefaultCommand], cancellationToken);
    }
}
