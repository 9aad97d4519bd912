using System.Text.Json;
using Plenum.Cli.Clients;

namespace Plenum.Cli.Tasks;

/// <summary>Why tasks are in the state they are in, in the words of the agent or executor.</summary>
internal sealed class TaskMessages
{
    // A message may be a whole error page; a table wants a line, and app show and --json have the rest.
    private const int MaximumLength = 300;

    private static readonly string[] Lists = ["tasks", "unreachable_tasks", "completed_tasks"];

    private readonly Dictionary<(string Framework, string Task), string> _messages = [];

    public static async Task<TaskMessages> NewestAsync(MasterClient master, CancellationToken cancellationToken)
    {
        var all = new TaskMessages();
        var answer = await master.TasksAsync(cancellationToken);
        foreach (var task in Lists.SelectMany(list => answer.Items(list)))
        {
            var newest = task.Items("statuses").OrderBy(status => status.Number("timestamp")).LastOrDefault();
            all._messages[(Id(task, "framework_id"), Id(task, "task_id"))] = OneLine(newest.Text("message"));
        }
        return all;
    }

    /// <summary>A dash where the newest status has no message.</summary>
    public string Of(ClusterTask task) =>
        _messages.TryGetValue((task.FrameworkId, task.Id), out var message) && message.Length > 0 ? message : "-";

    private static string Id(JsonElement task, string member) => task.Member(member)?.Text("value") ?? "";

    private static string OneLine(string message)
    {
        var line = string.Join(' ', message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= MaximumLength ? line : line[..MaximumLength] + "...";
    }
}
