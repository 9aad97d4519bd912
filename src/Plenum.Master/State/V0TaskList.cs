using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Plenum.Kernel.Snapshots;

namespace Plenum.Master.State;

/// <summary>What <c>/tasks</c> was asked for.</summary>
internal sealed record V0TaskList(string? FrameworkId, string? TaskId, int Limit, int Offset, bool Ascending)
{
    private const int DefaultLimit = 100;

    /// <summary>Null, with what is wrong, when a number or the order makes no sense.</summary>
    public static V0TaskList? From(IQueryCollection query, out string? problem)
    {
        problem = null;
        string? order = query["order"];
        if (order is not (null or "asc" or "desc"))
        {
            problem = $"order must be 'asc' or 'desc', not '{order}'";
            return null;
        }

        if (Number("limit", DefaultLimit, ref problem) is not { } limit
            || Number("offset", 0, ref problem) is not { } offset)
        {
            return null;
        }

        return new V0TaskList(query["framework_id"], query["task_id"], limit, offset, order is "asc");

        int? Number(string name, int standard, ref string? problem)
        {
            string? text = query[name];
            if (text is null)
            {
                return standard;
            }

            if (int.TryParse(text, out var number) && number >= 0)
            {
                return number;
            }

            problem = $"{name} must be a whole number of at least 0, not '{text}'";
            return null;
        }
    }

    public void Write(Utf8JsonWriter json, ClusterSnapshot state)
    {
        // Completed and unreachable tasks are listed too, also those of completed frameworks.
        var frameworks = state.Frameworks.Concat(state.CompletedFrameworks).ToList();
        var tasks = state.Tasks
            .Concat(frameworks.SelectMany(framework => framework.UnreachableTasks))
            .Concat(frameworks.SelectMany(framework => framework.CompletedTasks))
            .Where(Wanted);
        var ordered = Ascending ? tasks.OrderBy(FirstTime) : tasks.OrderByDescending(FirstTime);
        json.WriteStartObject();
        json.WriteStartArray("tasks");
        foreach (var task in ordered.Skip(Offset).Take(Limit))
        {
            json.WriteTask(task);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private bool Wanted(TaskRecord task) =>
        (FrameworkId is null || string.Equals(FrameworkId, task.FrameworkId.Value, StringComparison.Ordinal))
        && (TaskId is null || string.Equals(TaskId, task.Id.Value, StringComparison.Ordinal));

    private static double FirstTime(TaskRecord task) =>
        task.Statuses.IsDefaultOrEmpty ? 0 : task.Statuses[0].Timestamp;
}
