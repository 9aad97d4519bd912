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
        HelpName = "N",
    };

    public TaskLogCommand(CliHost host)
        : base(host, "log", "Show what a task has written.")
    {
        Arguments.Add(_task);
        Options.Add(_follow);
        Options.Add(_error);
        Options.Add(_lines);
        _lines.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, out var lines) && lines < 0)
            {
                result.AddError("--lines must not be negative");
            }
        });
    }

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var task = ClusterTasks.Find(
            await ClusterTasks.AllAsync(run.Master, cancellationToken), arguments.GetRequiredValue(_task), onlyRunning: false);
        var sandbox = await Sandbox.OfAsync(task, run, cancellationToken);
        var file = arguments.GetValue(_error) ? "stderr" : "stdout";
        var tail = new LogTail(sandbox.Agent, $"{sandbox.Directory}/{file}");

        var text = await tail.LastLinesAsync(arguments.GetValue(_lines), cancellationToken);
        while (true)
        {
            if (text.Length > 0)
            {
                await run.Host.Output.WriteAsync(text);
                await run.Host.Output.FlushAsync(cancellationToken);
            }
            if (!arguments.GetValue(_follow))
            {
                return ExitCodes.Success;
            }
            text = await tail.AddedAsync(cancellationToken);
            if (text.Length == 0)
            {
                await Task.Delay(PollInterval, run.Host.Time, cancellationToken);
            }
        }
    }
}
