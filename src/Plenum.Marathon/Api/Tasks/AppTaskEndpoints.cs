using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Api.Tasks;

internal static class AppTaskEndpoints
{
    public static ApiAnswer List(ApiCall call) =>
        call.TryGetId(out var id, out _) && call.Snapshot.Root.FindApp(id) is not null
            ? ListOf(call, TaskView.TasksOf(call.Snapshot, id))
            : ApiProblem.NotFound($"App '{call.IdText}' does not exist");

    public static ApiAnswer ListAllBelow(ApiCall call) =>
        call.TryGetId(out var id, out _) && call.Snapshot.Root.FindGroup(id) is { } group
            ? ListOf(call, group.AllApps.SelectMany(app => TaskView.TasksOf(call.Snapshot, app.Id)))
            : ApiProblem.NotFound($"Group '{call.IdText}' does not exist");

    public static async Task<ApiAnswer> KillAllAsync(ApiCall call)
    {
        if (TaskKills.CheckFlags(call) is { } problem)
        {
            return problem;
        }

        if (!call.TryGetId(out var id, out _) || call.Snapshot.Root.FindApp(id) is null)
        {
            return ApiProblem.NotFound($"App '{call.IdText}' does not exist");
        }

        var host = call.Parameter("host") is { } given and not "*" ? given : null;
        var tasks = TaskView.TasksOf(call.Snapshot, id).Where(task => host is null || task.Place?.Host == host);
        return await TaskKills.KillAsync(call, tasks, killed => ListOf(call, killed));
    }

    public static async Task<ApiAnswer> KillOneAsync(ApiCall call)
    {
        if (TaskKills.CheckFlags(call) is { } problem)
        {
            return problem;
        }

        if (!call.TryGetId(out var id, out _) || call.Snapshot.Root.FindApp(id) is null)
        {
            return ApiProblem.NotFound($"App '{call.IdText}' does not exist");
        }

        if (TaskKills.Find(call.Snapshot, call.Argument) is not { } task || task.App != id)
        {
            return NoSuchTask(call);
        }

        return await TaskKills.KillAsync(call, [task], killed => killed.IsEmpty ? NoSuchTask(call) : One(call, killed[0]));
    }

    private static ApiAnswer NoSuchTask(ApiCall call) => ApiProblem.NotFound($"Task '{call.Argument}' does not exist");

    private static ApiAnswer ListOf(ApiCall call, IEnumerable<Instance> tasks) => ApiAnswer.Ok(writer =>
    {
        writer.WriteStartObject();
        TaskView.WriteAll(writer, "tasks", call.Snapshot, tasks);
        writer.WriteEndObject();
    });

    private static ApiAnswer One(ApiCall call, Instance task) => ApiAnswer.Ok(writer =>
    {
        writer.WriteStartObject();
        writer.WritePropertyName("task");
        TaskView.Write(writer, call.Snapshot, task);
        writer.WriteEndObject();
    });
}
