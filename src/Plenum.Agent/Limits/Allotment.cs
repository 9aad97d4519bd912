using Plenum.Agent.Book;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Limits;

/// <summary>
/// What a container was given of the processors, beside what it uses. Dashboards divide by cpus_limit: a container that nothing
/// binds has its request there, as Mesos reports it, and one that may take without end has none.
/// </summary>
internal static class Allotment
{
    private const string Cpus = "cpus";

    /// <summary>An executor with all of its tasks.</summary>
    public static ResourceStatistics? Describe(ExecutorSnapshot executor, ResourceStatistics? statistics)
    {
        TaskInfo[] tasks = [.. executor.Tasks.Where(static task => !task.Terminated).Select(static task => task.Info)];
        return Describe([.. executor.Info.Resources, .. tasks.SelectMany(static task => task.Resources)], tasks, statistics);
    }

    /// <summary>One task of a pod in its own container.</summary>
    public static ResourceStatistics? Describe(TaskSnapshot task, ResourceStatistics? statistics) =>
        Describe(task.Info.Resources, [task.Info], statistics);

    private static ResourceStatistics? Describe(IEnumerable<Resource> resources, IEnumerable<TaskInfo> tasks, ResourceStatistics? statistics)
    {
        if (statistics is not null && ResourceSet.FromWire(resources).Scalar(Cpus) is > 0 and var cpus)
        {
            statistics.CpusSoftLimit = cpus;
            if (!statistics.HasCpusLimit && !tasks.Any(static task => task.Limits.ContainsKey(Cpus)))
            {
                statistics.CpusLimit = cpus;
            }
        }

        return statistics;
    }
}
