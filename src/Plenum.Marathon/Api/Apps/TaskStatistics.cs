using System.Text.Json;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Writing;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Api.Apps;

/// <summary>
/// Counts and ages of an app's tasks by what they were started from. The original writes <c>tasksStats</c>, its
/// documentation and DC/OS' dashboard say <c>taskStats</c>: both are here.
/// </summary>
internal static class TaskStatistics
{
    public static void WriteMembers(Utf8JsonWriter writer, AppDefinition app, AppRuntime? runtime, DateTimeOffset now)
    {
        foreach (var name in new[] { "taskStats", "tasksStats" })
        {
            writer.WriteStartObject(name);
            if (runtime is not null)
            {
                var tasks = runtime.Instances.Values.Where(instance => instance.Condition.HasTask()).ToList();
                WriteSlices(writer, app, runtime, tasks, now);
            }

            writer.WriteEndObject();
        }
    }

    private static void WriteSlices(
        Utf8JsonWriter writer,
        AppDefinition app,
        AppRuntime runtime,
        IReadOnlyList<Instance> tasks,
        DateTimeOffset now)
    {
        if (app.VersionInfo is { } info)
        {
            WriteSlice(writer, "startedAfterLastScaling", runtime, [.. tasks.Where(task => task.Version >= info.LastScalingAt)], now);
            WriteSlice(writer, "withLatestConfig", runtime, [.. tasks.Where(task => info.Includes(task.Version))], now);
            WriteSlice(writer, "withOutdatedConfig", runtime, [.. tasks.Where(task => !info.Includes(task.Version))], now);
        }

        WriteSlice(writer, "totalSummary", runtime, tasks, now);
    }

    private static void WriteSlice(
        Utf8JsonWriter writer,
        string name,
        AppRuntime runtime,
        IReadOnlyList<Instance> tasks,
        DateTimeOffset now)
    {
        if (tasks.Count == 0)
        {
            return;
        }

        var counts = TaskCounts.Of(runtime, tasks);
        writer.WriteStartObject(name);
        writer.WriteStartObject("stats");
        writer.WriteStartObject("counts");
        writer.WriteNumber("staged", counts.Staged);
        writer.WriteNumber("running", counts.Running);
        writer.WriteNumber("healthy", counts.Healthy);
        writer.WriteNumber("unhealthy", counts.Unhealthy);
        writer.WriteEndObject();
        var ages = tasks.Where(task => task.StartedAt is not null)
            .Select(task => Math.Max(0, (now - task.StartedAt!.Value).TotalSeconds))
            .Order()
            .ToList();
        if (ages.Count > 0)
        {
            writer.WriteStartObject("lifeTime");
            writer.WriteDouble("averageSeconds", ages.Average());
            writer.WriteDouble("medianSeconds", Median(ages));
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static double Median(IReadOnlyList<double> sorted) =>
        sorted.Count % 2 == 1
            ? sorted[sorted.Count / 2]
            : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;
}
