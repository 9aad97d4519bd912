using Plenum.Agent.Book.State;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Book.Launching;

/// <summary>
/// Limits of a container that several tasks share, a pod's or a custom executor's. Each task's own limit holds only as far as
/// the common one lets it: where one task may take more than it asked for, so must all of them together.
/// </summary>
internal static class SharedLimits
{
    private static readonly string[] Names = ["cpus", "mem"];

    /// <summary>
    /// Of a resource that no task has a limit of there is none, and the requests bind as ever. Otherwise it is the sum of all
    /// limits, with the request in the place of a missing one; one without an end leaves the whole without.
    /// </summary>
    public static IReadOnlyDictionary<string, double> Of(IEnumerable<Resource> own, IReadOnlyCollection<TaskInfo> tasks)
    {
        var limits = new Dictionary<string, double>(StringComparer.Ordinal);
        var executor = ResourceSet.FromWire(own);
        foreach (var name in Names.Where(name => tasks.Any(task => task.Limits.ContainsKey(name))))
        {
            limits[name] = executor.Scalar(name) + tasks.Sum(task => task.Limits.TryGetValue(name, out var limit)
                ? limit.Value
                : ResourceSet.FromWire(task.Resources).Scalar(name));
        }

        return limits;
    }

    /// <summary>Those of an executor with the tasks that it has now.</summary>
    public static IReadOnlyDictionary<string, double> Of(ExecutorEntry executor) => Of(executor.Info.Resources, [.. Running(executor)]);

    /// <summary>What such an executor and its tasks asked for.</summary>
    public static IReadOnlyList<Resource> Requests(ExecutorEntry executor) =>
        [.. executor.Info.Resources, .. Running(executor).SelectMany(static task => task.Resources)];

    /// <summary>Those of one task.</summary>
    public static IReadOnlyDictionary<string, double> Of(TaskInfo task) =>
        task.Limits.ToDictionary(static limit => limit.Key, static limit => limit.Value.Value, StringComparer.Ordinal);

    private static IEnumerable<TaskInfo> Running(ExecutorEntry executor) =>
        executor.Tasks.Values.Where(static task => !task.Terminal).Select(static task => task.Info);
}
