using Plenum.Protocol.Identity;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Book.State;

internal sealed class TaskEntry : IDeadlineEntry
{
    public required ExecutorEntry Executor { get; init; }

    public required TaskInfo Info { get; init; }

    public required TaskId Id { get; init; }

    /// <summary>Its own container; a task of a custom executor has none.</summary>
    public ContainerId? Container { get; init; }

    /// <summary>Which LAUNCH_GROUP of its executor brought it; 0 for a task launched alone.</summary>
    public ulong Group { get; init; }

    public TaskPhase Phase { get; set; }

    /// <summary>Newest known state.</summary>
    public TaskState State { get; set; } = TaskState.TaskStaging;

    public List<TaskStatus> History { get; } = [];

    public UpdateStream Updates { get; } = new();

    public KillState? Kill { get; set; }

    /// <summary>The limit for which its container is being ended.</summary>
    public ContainerLimitation? Limitation { get; set; }

    /// <summary>Killed because the agent goes for good; frameworks that know the word hear so.</summary>
    public bool AgentGone { get; set; }

    /// <summary>Killed because the agent drains, which its updates say.</summary>
    public bool Drained { get; set; }

    public HealthState? Health { get; set; }

    public CheckState? Check { get; set; }

    public DateTimeOffset? RunningSince { get; set; }

    public DateTimeOffset? CompletionDeadline { get; set; }

    public int? Pid { get; set; }

    public IReadOnlyList<NetworkInfo> Networks { get; set; } = [];

    public FrameworkEntry Framework => Executor.Framework;

    public bool Terminal => State.IsTerminal();

    public DateTimeOffset? Deadline
    {
        get
        {
            var earliest = Updates.ResendAt;
            Take(Kill?.Deadline);
            Take(CompletionDeadline);
            Take(Health?.NextAt);
            Take(Check?.NextAt);
            return earliest;

            void Take(DateTimeOffset? at)
            {
                if (at < earliest || earliest is null)
                {
                    earliest = at ?? earliest;
                }
            }
        }
    }

    public DateTimeOffset? QueuedAt { get; set; }
}
