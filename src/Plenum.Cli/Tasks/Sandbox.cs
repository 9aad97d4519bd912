using System.Text.Json;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Tasks;

/// <summary>The directory of a task on its agent, found through the agent's own state.</summary>
internal sealed record Sandbox(AgentClient Agent, string Directory)
{
    private static readonly string[] FrameworkLists = ["frameworks", "completed_frameworks"];
    private static readonly string[] ExecutorLists = ["executors", "completed_executors"];
    private static readonly string[] TaskLists = ["tasks", "queued_tasks", "completed_tasks"];

    public static async Task<Sandbox> OfAsync(ClusterTask task, CommandRun run, CancellationToken cancellationToken)
    {
        var agent = run.Agent(task.Agent ?? throw new CommandFailure(
            ExitCodes.Unreachable, $"the node of {task.Id} has left the cluster", "./plenum node list shows the nodes that are there"));
        var state = await agent.StateAsync(cancellationToken);
        var executor = Executor(state, task) ?? throw new CommandFailure(
            ExitCodes.NotFound, $"the node {task.Host} knows nothing of {task.Id} any more", "its sandbox was probably removed with age");

        // A task of a group shares its executor's sandbox and has its own below it.
        var ownExecutor = executor.Text("id") == task.Id || executor.Text("type") != "DEFAULT";
        var directory = executor.Text("directory");
        return new Sandbox(agent, ownExecutor ? directory : $"{directory}/tasks/{task.Id}");
    }

    private static JsonElement? Executor(JsonElement state, ClusterTask task)
    {
        var executors =
            from list in FrameworkLists
            from framework in state.Items(list)
            where framework.Text("id") == task.FrameworkId
            from kind in ExecutorLists
            from executor in framework.Items(kind)
            select executor;
        var id = task.ExecutorId.Length > 0 ? task.ExecutorId : task.Id;
        JsonElement? sameName = null;
        foreach (var executor in executors)
        {
            // An executor id may have been used by several runs: the one that lists the task is it.
            if (TaskLists.Any(list => executor.Items(list).Any(each => each.Text("id") == task.Id)))
            {
                return executor;
            }
            if (executor.Text("id") == id)
            {
                sameName ??= executor;
            }
        }
        return sameName;
    }
}
