using System.Text.Json;
using Plenum.Cli.Clients;

namespace Plenum.Cli.Tasks;

/// <summary>All tasks the master knows, and finding the one a person means.</summary>
internal static class ClusterTasks
{
    private const int MaximumCandidates = 10;

    private static readonly string[] FrameworkLists = ["frameworks", "completed_frameworks"];
    private static readonly string[] TaskLists = ["tasks", "unreachable_tasks", "completed_tasks"];

    public static async Task<IReadOnlyList<ClusterTask>> AllAsync(MasterClient master, CancellationToken cancellationToken)
    {
        var state = await master.StateAsync(cancellationToken);
        var agents = state.Items("slaves").ToDictionary(agent => agent.Text("id"), StringComparer.Ordinal);
        return
        [
            .. from list in FrameworkLists
               from framework in state.Items(list)
               from kind in TaskLists
               from task in framework.Items(kind)
               select Read(task, framework, agents.GetValueOrDefault(task.Text("slave_id"))),
        ];
    }

    /// <summary>
    /// The one task that <paramref name="word"/> names: its id, its name or its app's id, or a part of
    /// its id. Tasks that run go before those that have ended.
    /// </summary>
    public static ClusterTask Find(IReadOnlyList<ClusterTask> all, string word, bool onlyRunning)
    {
        if (all.FirstOrDefault(task => task.Id == word) is { } exact && (exact.IsRunning || !onlyRunning))
        {
            return exact;
        }
        var live = all.Where(task => !task.IsEnded && (task.IsRunning || !onlyRunning));
        var ended = onlyRunning ? [] : all.Where(task => task.IsEnded).OrderByDescending(task => task.Since).Take(1000);
        foreach (var candidates in new[] { live.ToList(), ended.ToList() })
        {
            var matching = Narrowest(candidates, word);
            // Of an app that keeps failing, the task that ended last is meant; a list of them would be of no use.
            if (matching.Count == 1 || (matching.Count > 1 && matching.TrueForAll(task => task.IsEnded && IsSibling(task, matching[0]))))
            {
                return matching[0];
            }
            if (matching.Count > 1)
            {
                var shown = matching.Take(MaximumCandidates).Select(task => $"\n  {task.Id}  on {task.Host}");
                var more = matching.Count > MaximumCandidates ? $"\n  and {matching.Count - MaximumCandidates} more" : "";
                throw new CommandFailure(
                    ExitCodes.Usage, $"'{word}' fits {matching.Count} tasks:{string.Concat(shown)}{more}", "give more of the id");
            }
        }
        throw new CommandFailure(
            ExitCodes.NotFound,
            onlyRunning ? $"no task '{word}' is running" : $"there is no task '{word}'",
            "./plenum task list --all shows what there is");
    }

    private static bool IsSibling(ClusterTask one, ClusterTask other) =>
        one.Name == other.Name && one.FrameworkId == other.FrameworkId;

    private static List<ClusterTask> Narrowest(List<ClusterTask> candidates, string word)
    {
        var app = AppName(word);
        var named = candidates.Where(task => task.Name == word || task.Name == app).ToList();
        return named.Count > 0
            ? named
            : candidates.Where(task => task.Id.Contains(word, StringComparison.OrdinalIgnoreCase)).ToList();
    }

    // Marathon names the tasks of /shop/cart cart.shop.
    private static string AppName(string id) =>
        string.Join('.', id.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());

    private static ClusterTask Read(JsonElement task, JsonElement framework, JsonElement agent)
    {
        var statuses = task.Items("statuses").OrderBy(status => status.Number("timestamp")).ToList();
        var newest = statuses.LastOrDefault();
        return new ClusterTask
        {
            Id = task.Text("id"),
            Name = task.Text("name"),
            State = task.Text("state"),
            FrameworkId = task.Text("framework_id") is { Length: > 0 } id ? id : framework.Text("id"),
            Framework = framework.Text("name"),
            ExecutorId = task.Text("executor_id"),
            Host = agent.Text("hostname") is { Length: > 0 } host ? host : task.Text("slave_id"),
            Agent = AgentAddress.FromProcessId(agent.Text("pid")),
            Healthy = newest.Member("healthy")?.GetBoolean(),
            Since = newest.Number("timestamp") is > 0 and var seconds ? DateTimeOffset.UnixEpoch.AddSeconds(seconds) : null,
            Container = statuses.Select(status => status.Member("container_status")?.Member("container_id")).LastOrDefault(found => found is not null),
            Source = task,
        };
    }
}
