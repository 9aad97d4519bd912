using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Validation;

/// <summary>
/// Rules of one task of a LAUNCH, in Mesos' order: frameworks show the first broken one to their users.
/// </summary>
internal static class TaskValidation
{
    /// <summary>
    /// Null and the resources taken from the offer (the executor's too when it is new, all stamped with
    /// the allocation role), or the first rule that is broken.
    /// </summary>
    internal static string? Validate(TaskInfo task, LaunchContext context, out ResourceSet used)
    {
        used = ResourceSet.Empty;
        return ValidateAlone(task, context, out var taskResources)
            ?? ExecutorValidation.ValidateForTask(task, context)
            ?? ValidateUsage(task, taskResources, context, out used);
    }

    /// <summary>Rules that a task of a LAUNCH and a task of a group share.</summary>
    internal static string? ValidateAlone(TaskInfo task, LaunchContext context, out ResourceSet resources)
    {
        resources = ResourceSet.Empty;
        return ValidateIdentity(task, context)
            ?? ValidateDurations(task)
            ?? (task.Check is null ? null : CheckValidation.Validate(task.Check))
            ?? (task.HealthCheck is null ? null : CheckValidation.Validate(task.HealthCheck))
            ?? ResourceUse.Validate(task.Resources, context.AllocationRole, "Task", task.TaskId.Value, out resources)
            ?? (resources.IsEmpty ? $"Task '{task.TaskId.Value}' uses no resources" : null)
            ?? (task.Command is null ? null : CommandValidation.Validate(task.Command, ContainerValidation.HasImage(task.Container)))
            ?? (task.Container is null ? null : ContainerValidation.Validate(task.Container))
            ?? ValidateLimits(task, resources, context);
    }

    private static string? ValidateIdentity(TaskInfo task, LaunchContext context)
    {
        var id = task.TaskId.Value;
        if (IdSyntax.Validate(id) is { } error)
        {
            return $"Task ID '{id}' is invalid: {error}";
        }

        if (context.IsTaskKnown(task.TaskId))
        {
            return $"Task has duplicate ID: {id}";
        }

        return string.Equals(task.AgentId.Value, context.Agent.Value, StringComparison.Ordinal)
            ? null
            : $"Task uses invalid agent {task.AgentId.Value} while agent {context.Agent.Value} is expected";
    }

    private static string? ValidateDurations(TaskInfo task) =>
        task.KillPolicy?.GracePeriod is { Nanoseconds: < 0 } ? "Task's 'kill_policy.grace_period' must be non-negative"
        : task.MaxCompletionTime is { Nanoseconds: < 0 } ? "Task's 'max_completion_time' must be non-negative"
        : null;

    private static string? ValidateLimits(TaskInfo task, ResourceSet resources, LaunchContext context)
    {
        if (task.Limits.Count == 0)
        {
            return null;
        }

        if (!context.AgentHasTaskLimits)
        {
            return "Agent is not capable of setting resource limits";
        }

        foreach (var (name, limit) in task.Limits)
        {
            if (name is not ("cpus" or "mem"))
            {
                return $"Only 'cpus' and 'mem' can have limits, not '{name}'";
            }

            if (double.IsNaN(limit.Value) || limit.Value < 0)
            {
                return $"The limit of '{name}' is not an amount";
            }

            // Compared in thousandths like everything else: 0.1 + 0.2 is not above a limit of 0.3.
            if (double.IsFinite(limit.Value) && Math.Round(limit.Value * 1000) < resources.Millis(name))
            {
                return $"The limit of '{name}' ({limit.Value}) is below the request ({resources.Scalar(name)})";
            }
        }

        return null;
    }

    private static string? ValidateUsage(TaskInfo task, ResourceSet taskResources, LaunchContext context, out ResourceSet used)
    {
        used = taskResources;
        if (task.Executor is { } executor && context.LiveExecutor(executor.ExecutorId) is null)
        {
            // Valid already: ExecutorValidation looked at the same list.
            var executorResources = ResourceUse.Read(executor.Resources, context.AllocationRole);
            if (ResourceUse.ValidateTogether(taskResources, executorResources) is { } error)
            {
                return error;
            }

            used += executorResources;
        }

        return context.Available.Contains(used.SharedOnce)
            ? null
            : $"Task uses more resources {used} than available {context.Available}";
    }
}
