using Plenum.Agent.Book.State;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Cause = Plenum.Agent.Book.Checkpoints.TaskCheckpoint.Types.Kill.Types.Cause;

namespace Plenum.Agent.Book.Draining;

/// <summary>
/// The agent drains: its tasks end, also those that a link cut short or a restart kept from being asked, and
/// no kill has more grace than the operator gave (mesos.md 4.10). The master says when it is over.
/// </summary>
internal sealed class DrainDesk(Desks desks)
{
    private readonly BookState _state = desks.State;

    /// <summary>What an operator leaves any task at most; null: as much as it wants.</summary>
    public TimeSpan? LongestGrace => _state.Drain?.Config.MaxGracePeriod is { } grace ? WireTime.Span(grace) : null;

    public void Order(MasterMessage.Types.Drain order)
    {
        if (order.Config is null)
        {
            End();
            return;
        }

        var drain = new AgentDrain(order.Config, order.Started);
        var isRepeated = drain == _state.Drain;
        _state.Drain = drain;
        if (!isRepeated)
        {
            _state.SaveAgent();
        }

        EndTasks(isRepeated);
    }

    public void End()
    {
        if (_state.Drain is not null)
        {
            _state.Drain = null;
            _state.SaveAgent();
        }
    }

    /// <summary>The agent went down between the order and some kill that follows from it.</summary>
    public void Resume()
    {
        if (_state.Drain is not null)
        {
            EndTasks(isRepeated: true);
        }
    }

    /// <summary>
    /// What a custom executor is told. It has a default of its own for tasks without a policy, which nobody here
    /// knows: the longest grace is said then.
    /// </summary>
    public KillPolicy? Shorter(KillPolicy? policy) =>
        _state.Drain?.Config.MaxGracePeriod is not { } longest || policy?.GracePeriod?.Nanoseconds <= longest.Nanoseconds
            ? policy
            : new KillPolicy { GracePeriod = longest };

    private void EndTasks(bool isRepeated)
    {
        var drain = _state.Drain!.Config;
        TaskEntry[] running =
        [
            .. _state.Frameworks.Values
                .SelectMany(static framework => framework.Tasks.Values)
                .Where(static task => task.Phase != TaskPhase.Ended && !task.Terminal),
        ];

        // All are marked before any is asked: the end of one ends the others of its group.
        var asked = running.Where(static task => task.Kill is not null).ToHashSet();
        foreach (var task in running)
        {
            // One that was being killed before keeps what is said of its end. A second order may be the one for good.
            if (!asked.Contains(task) || task.Drained)
            {
                task.Drained = true;
                task.AgentGone |= drain.MarkGone;
                _state.Touch(task);
            }
        }

        foreach (var task in running)
        {
            // A custom executor that was asked is not asked twice; one that is away is when it comes back.
            if (!isRepeated || !asked.Contains(task) || task.Executor.Kind != ContainerKind.Executor)
            {
                desks.Kills.Kill(task, policy: null, Cause.Requested);
            }
        }
    }
}
