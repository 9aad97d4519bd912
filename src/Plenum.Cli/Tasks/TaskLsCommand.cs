using System.CommandLine;
using System.Text.Json;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;
using Plenum.Cli.Output;

namespace Plenum.Cli.Tasks;

internal sealed class TaskLsCommand : BaseCommand
{
    private readonly Argument<string> _task = TaskArgument.Create();

    private readonly Argument<string> _path = new("PATH")
    {
        Description = "A directory in the sandbox.",
        DefaultValueFactory = _ => "",
    };

    private readonly Option<bool> _long = new("--long", "-l") { Description = "Also mode, owner, size and time." };

    public TaskLsCommand(CliHost host)
        : base(host, "ls", "List the files in a task's sandbox.", json: true)
    {
        Arguments.Add(_task);
        Arguments.Add(_path);
        Options.Add(_long);
    }

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var task = ClusterTasks.Find(
            await ClusterTasks.AllAsync(run.Master, cancellationToken), arguments.GetRequiredValue(_task), onlyRunning: false);
        var sandbox = await Sandbox.OfAsync(task, run, cancellationToken);
        var inside = arguments.GetRequiredValue(_path).Trim('/');
        var files = await sandbox.Agent.BrowseAsync(
            inside.Length == 0 ? sandbox.Directory : $"{sandbox.Directory}/{inside}", cancellationToken);
        if (run.Display.IsJson)
        {
            run.Display.Json(files);
        }
        else if (arguments.GetValue(_long))
        {
            run.Display.Table(["MODE", "LINKS", "OWNER", "GROUP", "SIZE", "CHANGED", "NAME"], files.Elements().Select(Row));
        }
        else
        {
            foreach (var file in files.Elements())
            {
                run.Display.Line(FileName(file));
            }
        }
        return ExitCodes.Success;

        string[] Row(JsonElement file) =>
        [
            file.Text("mode"),
            file.Integer("nlink").ToString(),
            file.Text("uid"),
            file.Text("gid"),
            file.Integer("size").ToString(),
            Humane.Ago(DateTimeOffset.UnixEpoch.AddSeconds(file.Number("mtime")), run.Now) + " ago",
            FileName(file),
        ];
    }

    private static string FileName(JsonElement file)
    {
        var path = file.Text("path").TrimEnd('/');
        var name = path[(path.LastIndexOf('/') + 1)..];
        return file.Text("mode").StartsWith('d') ? name + "/" : name;
    }
}
