using System.CommandLine;
using Plenum.Cli.Apps;
using Plenum.Cli.Completion;
using Plenum.Cli.Deployments;
using Plenum.Cli.Frameworks;
using Plenum.Cli.Jobs;
using Plenum.Cli.Moving;
using Plenum.Cli.Nodes;
using Plenum.Cli.Pods;
using Plenum.Cli.Priorities;
using Plenum.Cli.Status;
using Plenum.Cli.Tasks;

namespace Plenum.Cli.Commands;

/// <summary>The tree of commands, and one run of it.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CliHost host, CancellationToken cancellationToken)
    {
        var parsed = Build(host).Parse(arguments);
        var configuration = new InvocationConfiguration
        {
            Output = host.Output,
            Error = host.Error,
            // A failure nobody foresaw must keep its stack trace for the report about it.
            EnableDefaultExceptionHandler = false,
        };
        if (parsed.Errors.Count == 0)
        {
            return await parsed.InvokeAsync(configuration, cancellationToken);
        }
        foreach (var error in parsed.Errors)
        {
            await host.Error.WriteLineAsync("plenum: " + error.Message);
        }
        await host.Error.WriteLineAsync($"plenum: {Path(parsed.CommandResult.Command)} --help tells how it is used");
        return ExitCodes.Usage;
    }

    private static RootCommand Build(CliHost host)
    {
        var root = new RootCommand(
            "Speaks to a Plenum cluster. The script ./plenum also knows up, down, test and bench.");
        ClusterOptions.AddTo(root);
        root.Subcommands.Add(new StatusCommand(host));
        root.Subcommands.Add(Group(
            "app",
            "Apps: what should run.",
            new AppAddCommand(host),
            new AppListCommand(host),
            new AppShowCommand(host),
            new AppExplainCommand(host),
            new AppUpdateCommand(host),
            new AppScaleCommand(host),
            new AppRestartCommand(host),
            new AppRemoveCommand(host),
            new AppVersionsCommand(host)));
        root.Subcommands.Add(Group(
            "pod",
            "Pods: containers that run together.",
            new PodAddCommand(host),
            new PodListCommand(host),
            new PodShowCommand(host),
            new PodStatusCommand(host),
            new AppExplainCommand(host),
            new PodUpdateCommand(host),
            new PodKillCommand(host),
            new PodRemoveCommand(host)));
        root.Subcommands.Add(Group(
            "deployment",
            "Deployments: changes on their way.",
            new DeploymentListCommand(host),
            new DeploymentWatchCommand(host),
            new DeploymentPromoteCommand(host),
            DeploymentPauseCommand.Pause(host),
            DeploymentPauseCommand.Resume(host),
            new DeploymentRollbackCommand(host)));
        root.Subcommands.Add(Group(
            "job",
            "Jobs: what runs and ends, by schedule or on request.",
            new JobAddCommand(host),
            new JobListCommand(host),
            new JobShowCommand(host),
            new JobUpdateCommand(host),
            new JobRemoveCommand(host),
            new JobRunCommand(host),
            new JobRunsCommand(host),
            new JobKillCommand(host),
            new JobHistoryCommand(host),
            JobScheduleCommands.Create(host)));
        root.Subcommands.Add(Group(
            "task",
            "Tasks: what runs.",
            new TaskListCommand(host),
            new TaskLogCommand(host),
            new TaskExecCommand(host),
            new TaskLsCommand(host)));
        root.Subcommands.Add(Group(
            "framework",
            "Frameworks: the schedulers that share the cluster.",
            new FrameworkListCommand(host),
            new FrameworkExplainCommand(host)));
        root.Subcommands.Add(Group(
            "priority",
            "Priorities: whose tasks may end for whom.",
            new PriorityListCommand(host),
            new PrioritySetCommand(host),
            new PriorityRemoveCommand(host)));
        root.Subcommands.Add(Group("node", "Nodes: the machines.", new NodeListCommand(host)));
        root.Subcommands.Add(Group("import", "Import: moving in from elsewhere.", new ImportMarathonCommand(host)));
        root.Subcommands.Add(Group("export", "Export: what should run, as files.", new ExportMarathonCommand(host)));
        root.Subcommands.Add(new CompletionCommand(host));
        return root;
    }

    private static Command Group(string name, string description, params Command[] commands)
    {
        var group = new Command(name, description);
        foreach (var command in commands)
        {
            group.Subcommands.Add(command);
        }
        return group;
    }

    private static string Path(Command command)
    {
        var names = new List<string>();
        for (Symbol? symbol = command; symbol is not null; symbol = symbol.Parents.FirstOrDefault())
        {
            names.Insert(0, symbol is RootCommand ? "plenum" : symbol.Name);
        }
        return string.Join(' ', names);
    }
}
