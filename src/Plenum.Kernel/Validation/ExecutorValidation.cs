using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Validation;

/// <summary>Rules of the executor that a task or group names.</summary>
internal static class ExecutorValidation
{
    internal static string? ValidateForTask(TaskInfo task, LaunchContext context)
    {
        if (task.Executor is null == task.Command is null)
        {
            return "Task should have at least one (but not both) of CommandInfo or ExecutorInfo present";
        }

        if (task.Executor is not { } executor)
        {
            return null;
        }

        if (executor.Type == ExecutorInfo.Types.Type.Default)
        {
            return "'ExecutorInfo.type' must be CUSTOM or unset for a task of LAUNCH";
        }

        return executor.Command is null
            ? "'ExecutorInfo.command' must be set for a CUSTOM executor"
            : Validate(executor, context, out _);
    }

    /// <summary>Rules that both kinds of launch share.</summary>
    internal static string? Validate(ExecutorInfo executor, LaunchContext context, out ResourceSet resources)
    {
        resources = ResourceSet.Empty;
        var id = executor.ExecutorId.Value;
        if (IdSyntax.Validate(id) is { } idError)
        {
            return $"Executor ID '{id}' is invalid: {idError}";
        }

        if (executor.FrameworkId is { } framework
            && !string.Equals(framework.Value, context.Framework.Value, StringComparison.Ordinal))
        {
            return $"ExecutorInfo has an invalid FrameworkID (actual: {framework.Value} vs expected: {context.Framework.Value})";
        }

        if (executor.ShutdownGracePeriod is { Nanoseconds: < 0 })
        {
            return "ExecutorInfo's 'shutdown_grace_period' must be non-negative";
        }

        var error = ResourceUse.Validate(executor.Resources, context.AllocationRole, "Executor", id, out resources)
            ?? (resources.Shared.IsEmpty ? null : $"Executor '{id}' uses shared resources, which only tasks may")
            ?? (executor.Command is null ? null : CommandValidation.Validate(executor.Command, ContainerValidation.HasImage(executor.Container)))
            ?? (executor.Container is null ? null : ContainerValidation.Validate(executor.Container));
        return error ?? ValidateSameAsLive(executor, resources, context);
    }

    private static string? ValidateSameAsLive(ExecutorInfo executor, ResourceSet resources, LaunchContext context)
    {
        if (context.LiveExecutor(executor.ExecutorId) is not { } live)
        {
            return null;
        }

        // Clients may leave out what the master filled in: framework id and allocation role.
        var isSame = resources.Unallocated.Equals(ResourceSet.FromWire(live.Resources).Unallocated)
            && Bare(executor).Equals(Bare(live));
        return isSame
            ? null
            : $"ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID '{executor.ExecutorId.Value}'";
    }

    private static ExecutorInfo Bare(ExecutorInfo executor)
    {
        var bare = executor.Clone();
        bare.Resources.Clear();
        bare.FrameworkId = null;
        if (!bare.HasType && bare.Command is not null)
        {
            bare.Type = ExecutorInfo.Types.Type.Custom;
        }

        return bare;
    }
}
