using System.Collections.Immutable;
using Plenum.Marathon.Core;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Api.Tasks;

/// <summary>The part that all ways of killing tasks share.</summary>
internal static class TaskKills
{
    /// <summary>scale decides what shall run, wipe what shall be forgotten: together they contradict each other.</summary>
    public static ApiProblem? CheckFlags(ApiCall call) =>
        call.Flag("scale") && call.Flag("wipe")
            ? new ApiProblem(400, "You cannot use scale and wipe at the same time.")
            : null;

    public static async Task<ApiAnswer> KillAsync(
        ApiCall call,
        IEnumerable<Instance> instances,
        Func<ImmutableArray<Instance>, ApiAnswer> answer)
    {
        var request = new KillTasks([.. instances.Select(instance => instance.Id)])
        {
            Scale = call.Flag("scale"),
            Wipe = call.Flag("wipe"),
            Force = call.Flag("force"),
        };
        return await call.Marathon.KillTasksAsync(request, call.Aborted) switch
        {
            KillTasksResult.Killing killing => answer(killing.Instances),
            KillTasksResult.Scaled scaled => ApiAnswer.From(scaled.Result),
            var unknown => throw new InvalidOperationException($"{unknown} is an unknown outcome"),
        };
    }

    /// <summary>
    /// The app's instance whose current task has the id; an instance's own id names its current task too. Containers of
    /// pods do not end by themselves: they are killed by instance.
    /// </summary>
    public static Instance? Find(MarathonSnapshot snapshot, string taskId) =>
        InstanceId.TryParseTask(taskId, out var id, out var incarnation)
        && snapshot.FindInstance(id) is { } instance
        && (incarnation == 0 || incarnation == instance.Incarnation)
        && TaskView.IsShown(instance)
        && snapshot.Root.FindPod(instance.App) is null
            ? instance
            : null;
}
