using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Book;

/// <summary>The book at one moment, for readers. Nothing in it changes afterwards.</summary>
public sealed record AgentSnapshot(
    AgentId? Agent,
    bool Registered,
    IReadOnlyList<FrameworkSnapshot> Frameworks,
    IReadOnlyCollection<FrameworkSnapshot> CompletedFrameworks,
    ResourceSet Total,
    IReadOnlyList<Operation> Operations)
{
    public static readonly AgentSnapshot Empty = new(Agent: null, Registered: false, [], [], ResourceSet.Empty, []);

    public BookCounters Counters { get; init; } = new();

    /// <summary>Set while an operator drains the agent.</summary>
    public AgentDrain? Drain { get; init; }

    /// <summary>What they have is in <see cref="Total"/>.</summary>
    public IReadOnlyList<ProviderSnapshot> Providers { get; init; } = [];

    /// <summary>Live executors with their frameworks.</summary>
    public IEnumerable<(FrameworkSnapshot Framework, ExecutorSnapshot Executor)> Executors
    {
        get
        {
            foreach (var framework in Frameworks)
            {
                foreach (var executor in framework.Executors)
                {
                    yield return (framework, executor);
                }
            }
        }
    }
}

public sealed record FrameworkSnapshot(
    FrameworkId Id,
    FrameworkInfo Info,
    IReadOnlyList<ExecutorSnapshot> Executors,
    IReadOnlyCollection<ExecutorSnapshot> CompletedExecutors);

public sealed record ExecutorSnapshot(
    ExecutorId Id,
    ExecutorInfo Info,
    ContainerKind Kind,
    ContainerId Container,
    string Sandbox,
    ExecutorState State,
    int? Pid,
    IReadOnlyList<TaskSnapshot> Tasks,
    IReadOnlyCollection<TaskSnapshot> CompletedTasks);

/// <summary>A task of the book.</summary>
/// <param name="Task">In the form that the master gets at registration and that the state APIs show.</param>
/// <param name="Container">Its own container, when it has one.</param>
/// <param name="Queued">Has not been given to its executor yet.</param>
public sealed record TaskSnapshot(
    TaskId Id,
    Plenum.Protocol.V1.Task Task,
    TaskInfo Info,
    ContainerId? Container,
    bool Queued,
    int? Pid)
{
    /// <summary>It ended, and its last update is not acknowledged yet.</summary>
    public bool Terminated => State.TaskStateExtensions.IsTerminal(Task.State);
}
