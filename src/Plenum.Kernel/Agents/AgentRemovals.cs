using Plenum.Kernel.Snapshots;
using Plenum.Kernel.Timing;

namespace Plenum.Kernel.Agents;

/// <summary>
/// Agents that are to be declared unreachable, one after the other when there is a limit: a broken switch looks like
/// the death of half the cluster, and gives an operator time this way. Whoever answers meanwhile stays (mesos.md 4.7).
/// </summary>
internal sealed class AgentRemovals(KernelContext context, AgentLoss loss, AgentLiveness liveness)
{
    private readonly Queue<AgentEntry> _waiting = new();
    private DateTimeOffset _nextPermit;

    /// <summary>It left too many pings unanswered, or did not come back in time.</summary>
    public void Request(AgentEntry agent)
    {
        if (context.Options.AgentRemovalInterval is not { } interval)
        {
            context.Counters.AgentUnreachableScheduled++;
            loss.MarkUnreachable(agent);
            return;
        }

        if (_waiting.Count == 0 && _nextPermit <= context.Now)
        {
            context.Counters.AgentUnreachableScheduled++;
            Grant(agent, interval);
            return;
        }

        // Also of one that waits already: its link may have broken since, and this was the only deadline of that.
        agent.RemovalGeneration = agent.ReturnGeneration;
        if (!agent.RemovalAwaited)
        {
            agent.RemovalAwaited = true;
            context.Counters.AgentUnreachableScheduled++;
            _waiting.Enqueue(agent);
            if (_waiting.Count == 1)
            {
                context.Deadlines.Set(DeadlineKind.AgentRemoval, null, 0, _nextPermit);
            }
        }

        if (agent.Active)
        {
            // It is still asked: an answer now takes it off the list.
            liveness.Ping(agent);
        }
    }

    /// <summary>The next permit is due. Those that answered or came back need none.</summary>
    public void Look()
    {
        while (_nextPermit <= context.Now && _waiting.TryDequeue(out var first))
        {
            first.RemovalAwaited = false;
            if (IsStillLost(first))
            {
                Grant(first, context.Options.AgentRemovalInterval!.Value);
            }
            else
            {
                context.Counters.AgentUnreachableCanceled++;
            }
        }

        if (_waiting.Count > 0)
        {
            context.Deadlines.Set(DeadlineKind.AgentRemoval, null, 0, _nextPermit);
        }
    }

    private bool IsStillLost(AgentEntry agent) => agent.Active
        ? agent.UnansweredPings >= context.Options.MaxMissedPings
        : agent.Standing is AgentStanding.Registered or AgentStanding.Recovered && agent.ReturnGeneration == agent.RemovalGeneration;

    private void Grant(AgentEntry agent, TimeSpan interval)
    {
        _nextPermit = context.Now + interval;
        loss.MarkUnreachable(agent);
    }
}
