using System.Collections.ObjectModel;
using Plenum.Protocol.Identity;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Book;

/// <summary>Everything that the shell needs to start one container.</summary>
public sealed record ContainerLaunch
{
    public required ContainerId Container { get; init; }

    public required ContainerKind Kind { get; init; }

    /// <summary>The pod's holder, for a task of a pod.</summary>
    public ContainerId? Parent { get; init; }

    public required AgentId Agent { get; init; }

    public required FrameworkInfo Framework { get; init; }

    /// <summary>For a command task: the executor that Mesos would have made for it.</summary>
    public required ExecutorInfo Executor { get; init; }

    /// <summary>The task whose command runs; null for a pod's holder and for a custom executor.</summary>
    public TaskInfo? Task { get; init; }

    /// <summary>
    /// What the container may use. For a custom executor: its own resources and those of the tasks
    /// that wait for it.
    /// </summary>
    public required IReadOnlyList<Resource> Resources { get; init; }

    /// <summary>What it may take at most, by the names cpus and mem; infinite where it is not bound. What is missing is bound by its request.</summary>
    public IReadOnlyDictionary<string, double> Limits { get; init; } = ReadOnlyDictionary<string, double>.Empty;

    /// <summary>Sandbox, relative to the work directory, with "/" between its parts.</summary>
    public required string Sandbox { get; init; }
}
