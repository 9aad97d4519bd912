using System.CommandLine;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Tasks;

internal sealed class TaskLogCommand : BaseCommand
{
    private const int DefaultLines = 10;
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(400);

    private readonly Argument<string> _task = TaskArgument.Create();
    private readonly Option<bool> _follow = new("--follow", "-f") { Description = "Go on with what the task writes, until Ctrl-C." };
    private readonly Option<bool> _error = new("--stderr") { Description = "Standard error instead of standard output." };

    private readonly Option<int> _lines = new("--lines", "-n")
    {
        Description = "How many lines from the end.",
        DefaultValueFactory = _ => DefaultLines,
        CustomParser = WholeNumber.Parse,
        HelpName = "N",
    };

    public TaskLogCommand(CliHost host)
        : base(host, "log", "Show what a task has written.")
    {
        Arguments.Add(_task);
        Options.Add(_follow);
        Options.Add(_error);
        Options.Add(_lines);
    }

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var task = ClusterTasks.Find(
            await ClusterTasks.AllAsync(run.Master, cancellationToken), arguments.GetRequiredValue(_task), onlyRunning: false);
        var sandbox = await Sandbox.OfAsync(task, run, cancellationToken);
        var file = arguments.GetValue(_error) ? "stderr" : "stdout";
        var tail = new LogTail(sandbox.Agent, $"{sandbox.Directory}/{file}");

        foreach (var block in await tail.LastLinesAsync(arguments.GetValue(_lines), cancellationToken))
        {
            await run.Host.RawOutput.WriteAsync(block, cancellationToken);
        }
        while (arguments.GetValue(_follow))
        {
            var added = await tail.AddedAsync(cancellationToken);
            if (added.IsEmpty)
            {
                await Task.Delay(PollInterval, run.Host.Time, cancellationToken);
            }
            await run.Host.RawOutput.WriteAsync(added, cancellationToken);
        }
        return ExitCodes.Success;
    }
}
