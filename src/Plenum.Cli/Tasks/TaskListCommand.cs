using System.CommandLine;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;
using Plenum.Cli.Output;

namespace Plenum.Cli.Tasks;

internal sealed class TaskListCommand : BaseCommand
{
    private static readonly string[] Columns = ["ID", "STATE", "HEALTH", "HOST", "FRAMEWORK", "SINCE"];

    private readonly Argument<string?> _filter = new("FILTER")
    {
        Description = "Only tasks whose id or name contains this, or the tasks of this app.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> _all = new("--all", "-a") { Description = "Also tasks that have ended." };

    public TaskListCommand(CliHost host)
        : base(host, "list", "List the tasks of every framework.", json: true)
    {
        Arguments.Add(_filter);
        Options.Add(_all);
    }

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        // An app /shop/cart has tasks shop_cart.instance-...: the slashes become underscores.
        var filter = arguments.GetValue(_filter) is { } word ? word.Trim('/').Replace('/', '_') : "";
        var tasks = (await ClusterTasks.AllAsync(run.Master, cancellationToken))
            .Where(task => arguments.GetValue(_all) || !task.IsEnded)
            .Where(task => task.Id.Contains(filter, StringComparison.OrdinalIgnoreCase)
                || task.Name.Contains(filter, StringComparison.OrdinalIgnoreCase))
            .OrderBy(task => task.Id, StringComparer.Ordinal)
            .ToList();
        if (run.Display.IsJson)
        {
            run.Display.Json(JsonReading.ArrayOf(tasks.Select(task => task.Source)));
        }
        else if (tasks.Count == 0)
        {
            run.Display.Line(filter.Length == 0 ? "no task is running" : $"no task fits '{filter}'");
        }
        else if (tasks.Any(task => task.IsEnded))
        {
            var messages = await TaskMessages.NewestAsync(run.Master, cancellationToken);
            run.Display.Table([.. Columns, "MESSAGE"], tasks.Select(task => (string[])[.. Row(task, run.Now), messages.Of(task)]));
        }
        else
        {
            run.Display.Table(Columns, tasks.Select(task => Row(task, run.Now)));
        }
        return ExitCodes.Success;
    }

    private static string[] Row(ClusterTask task, DateTimeOffset now) =>
    [
        task.Id,
        task.State,
        task.Healthy is { } healthy ? (healthy ? "healthy" : "unhealthy") : "-",
        task.Host,
        task.Framework,
        Humane.Ago(task.Since, now),
    ];
}
