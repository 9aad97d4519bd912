using System.Runtime.InteropServices;
using System.Text.Json;
using Plenum.Marathon.Core;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Api.Apps;

[StructLayout(LayoutKind.Auto)]
internal readonly record struct TaskCounts(int Staged, int Running, int Healthy, int Unhealthy)
{
    public static TaskCounts Of(AppRuntime? runtime) =>
        runtime is null ? default : Of(runtime, runtime.Instances.Values);

    public static TaskCounts Of(AppRuntime runtime, IEnumerable<Instance> instances)
    {
        var counts = default(TaskCounts);
        foreach (var instance in instances)
        {
            switch (instance.Condition)
            {
                case Condition.Provisioned or Condition.Staging or Condition.Starting:
                    counts = counts with { Staged = counts.Staged + 1 };
                    break;
                case Condition.Running:
                    counts = counts with { Running = counts.Running + 1 };
                    break;
            }

            if (instance.Condition.HasTask()
                && runtime.Health.TryGetValue(instance.Id, out var results)
                && !results.IsDefaultOrEmpty)
            {
                if (results.All(result => result.Alive == true))
                {
                    counts = counts with { Healthy = counts.Healthy + 1 };
                }
                else if (results.Any(result => result.Alive == false))
                {
                    counts = counts with { Unhealthy = counts.Unhealthy + 1 };
                }
            }
        }

        return counts;
    }

    /// <summary>The members of an app's answer.</summary>
    public void WriteMembers(Utf8JsonWriter writer)
    {
        writer.WriteNumber("tasksStaged", Staged);
        writer.WriteNumber("tasksRunning", Running);
        writer.WriteNumber("tasksHealthy", Healthy);
        writer.WriteNumber("tasksUnhealthy", Unhealthy);
    }
}
