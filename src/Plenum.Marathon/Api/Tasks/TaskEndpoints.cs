using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Reading;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Api.Tasks;

/// <summary>Tasks of all apps.</summary>
internal static class TaskEndpoints
{
    /// <summary>Ids in one request; beyond that a client should delete or scale the app.</summary>
    public const int MaxIds = 10_000;

    public static ApiAnswer List(ApiCall call)
    {
        var wanted = call.Parameters("status").Concat(call.Parameters("status[]")).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var running = wanted.Contains("running");
        var staging = wanted.Contains("staging");
        var tasks = call.Snapshot.Root.AllApps
            .SelectMany(app => TaskView.TasksOf(call.Snapshot, app.Id))
            .Where(task => (!running && !staging)
                || (running && task.Condition == Condition.Running)
                || (staging && task.Condition is Condition.Provisioned or Condition.Staging or Condition.Starting));
        return ApiAnswer.Ok(writer =>
        {
            writer.WriteStartObject();
            TaskView.WriteAll(writer, "tasks", call.Snapshot, tasks);
            writer.WriteEndObject();
        });
    }

    public static async Task<ApiAnswer> KillAsync(ApiCall call)
    {
        if (TaskKills.CheckFlags(call) is { } flags)
        {
            return flags;
        }

        var (ids, problem) = await call.ReadAsync(ReadIds);
        if (ids is null)
        {
            return problem!;
        }

        if (ids.FirstOrDefault(id => !InstanceId.TryParseTask(id, out _, out _)) is { } malformed)
        {
            return new ApiProblem(400, $"Invalid task id '{malformed}'");
        }

        // marathon-lb's deployments name tasks that may have ended meanwhile: those are left out, not an error.
        var tasks = ids.AsEnumerable().Select(id => TaskKills.Find(call.Snapshot, id)).OfType<Instance>();
        return await TaskKills.KillAsync(call, tasks, killed => ApiAnswer.Ok(writer =>
        {
            writer.WriteStartObject();
            TaskView.WriteAll(writer, "tasks", call.Snapshot, killed);
            writer.WriteEndObject();
        }));
    }

    private static ValueList<string> ReadIds(JsonField field)
    {
        if (!field.RequireObject())
        {
            return [];
        }

        var ids = field["ids"];
        if (!ids.IsPresent)
        {
            ids.Refuse("error.path.missing");
        }

        var texts = ids.Texts() ?? [];
        if (texts.Count > MaxIds)
        {
            ids.Refuse($"must not have more than {MaxIds} entries");
        }

        return texts;
    }
}
