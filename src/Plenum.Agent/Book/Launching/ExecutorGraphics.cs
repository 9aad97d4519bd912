using Plenum.Agent.Book.State;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Book.Launching;

/// <summary>
/// GPUs of a framework's own executor: its container has those of the tasks that it is started with, as devices that cannot be
/// added to it while it runs. Whoever ends leaves his to the next task of the same executor.
/// </summary>
internal static class ExecutorGraphics
{
    private const string Resource = "gpus";

    /// <summary>What its container is started with; null: a pod, whose tasks have their own containers.</summary>
    public static int? AtStart(ExecutorEntry executor) => executor.Kind == ContainerKind.Executor ? Used(executor) : null;

    /// <summary>Why its newest task cannot have its GPUs, for the user; null: it can.</summary>
    public static string? Problem(ExecutorEntry executor, TaskEntry task) =>
        executor.Graphics is { } has && ResourceSet.FromWire(task.Info.Resources).Scalar(Resource) > 0 && Used(executor) is var used && used > has
            ? $"The executor's container was started with {has} GPUs and would need {used}: they cannot be added while it runs. "
                + "Start another executor for this task"
            : null;

    private static int Used(ExecutorEntry executor) => (int)ResourceSet.FromWire(
    [
        .. executor.Info.Resources,
        .. executor.Tasks.Values.Where(static task => !task.Terminal).SelectMany(static task => task.Info.Resources),
    ]).Scalar(Resource);
}
