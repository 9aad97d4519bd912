using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Validation;

/// <summary>Rules of LAUNCH_GROUP. A group is valid as a whole or not at all.</summary>
internal static class TaskGroupValidation
{
    /// <summary>What the built-in pod executor needs for itself; the same figures as Mesos.</summary>
    private const long MinExecutorCpuMillis = 10;

    private const long MinExecutorMemMillis = 32_000;

    /// <summary>Above the 200 or so containers that one machine starts; a message with more is a mistake.</summary>
    private const int MaxTasks = 1_000;

    /// <summary>
    /// Null and the resources taken from the offer (the executor's too when it is new), or the first
    /// rule that is broken.
    /// </summary>
    internal static string? Validate(ExecutorInfo executor, TaskGroupInfo group, LaunchContext context, out ResourceSet used)
    {
        used = ResourceSet.Empty;
        if (group.Tasks.Count is 0 or > MaxTasks)
        {
            return group.Tasks.Count == 0 ? "Task group has no tasks" : $"Task group has more than {MaxTasks} tasks";
        }

        var total = ResourceSet.Empty;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var task in group.Tasks)
        {
            if (!seen.Add(task.TaskId.Value))
            {
                return $"Task group has duplicate task ID: {task.TaskId.Value}";
            }

            if (ValidateTask(task, context, out var resources) is { } error)
            {
                return $"Task '{task.TaskId.Value}' is invalid: {error}";
            }

            total += resources;
        }

        return ValidateCgroups(executor, group, context)
            ?? ValidateExecutor(executor, context, ref total)
            ?? Take(total, context, out used);
    }

    private static string? ValidateTask(TaskInfo task, LaunchContext context, out ResourceSet resources)
    {
        resources = ResourceSet.Empty;
        if (task.Executor is not null)
        {
            return "'TaskInfo.executor' must not be set";
        }

        if (task.Command is null)
        {
            return "'TaskInfo.command' must be set";
        }

        if (task.Container is { Type: ContainerInfo.Types.Type.Docker })
        {
            return "Docker ContainerInfo is not supported on the task";
        }

        // The executor checks from its own network namespace and could not reach the task's.
        if (task.Container is { NetworkInfos.Count: > 0 } && CheckValidation.NeedsNetwork(task))
        {
            return "HTTP and TCP checks are not supported for a task with its own network";
        }

        return TaskValidation.ValidateAlone(task, context, out resources);
    }

    private static string? ValidateCgroups(ExecutorInfo executor, TaskGroupInfo group, LaunchContext context)
    {
        var shares = context.SharesCgroups(executor.ExecutorId) ?? ContainerValidation.SharesCgroups(group.Tasks[0]);
        foreach (var task in group.Tasks)
        {
            if (ContainerValidation.SharesCgroups(task) != shares)
            {
                return "Either all tasks of an executor share its cgroups or none does";
            }
        }

        return shares && group.Tasks.Any(task => task.Limits.Count > 0)
            ? "Resource limits are not supported for tasks that share cgroups"
            : null;
    }

    private static string? ValidateExecutor(ExecutorInfo executor, LaunchContext context, ref ResourceSet total)
    {
        if (ValidateKind(executor) is { } kindError)
        {
            return kindError;
        }

        if (ExecutorValidation.Validate(executor, context, out var resources) is { } error)
        {
            return error;
        }

        if (resources.Millis("cpus") < MinExecutorCpuMillis
            || resources.Millis("mem") < MinExecutorMemMillis
            || resources.Millis("disk") == 0)
        {
            return $"The executor of a task group needs at least {MinExecutorCpuMillis / 1000.0} cpus, "
                + $"{MinExecutorMemMillis / 1000} MB of memory and some disk, but has {resources}";
        }

        if (context.LiveExecutor(executor.ExecutorId) is null)
        {
            if (ResourceUse.ValidateTogether(total, resources) is { } together)
            {
                return together;
            }

            total += resources;
        }

        return null;
    }

    private static string? ValidateKind(ExecutorInfo executor)
    {
        if (executor.Type == ExecutorInfo.Types.Type.Custom)
        {
            return executor.Command is null ? "'ExecutorInfo.command' must be set for a CUSTOM executor" : null;
        }

        if (executor.Type != ExecutorInfo.Types.Type.Default)
        {
            return "Unknown executor type: a task group needs DEFAULT or CUSTOM";
        }

        if (executor.Command is not null)
        {
            return "'ExecutorInfo.command' must not be set for 'DEFAULT' executor";
        }

        return executor.Container is { } container
            && (container.Type != ContainerInfo.Types.Type.Mesos || container.Mesos?.Image is not null)
            ? "The container of a 'DEFAULT' executor must be of type MESOS and without an image"
            : null;
    }

    private static string? Take(ResourceSet total, LaunchContext context, out ResourceSet used)
    {
        used = total;
        return context.Available.Contains(total.SharedOnce)
            ? null
            : $"Task group uses more resources {total} than available {context.Available}";
    }
}
