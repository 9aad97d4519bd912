using Plenum.Kernel.Allocation;
using Plenum.Kernel.Offers;
using Plenum.Kernel.Operators;
using Plenum.Kernel.Snapshots;
using Plenum.Kernel.Tasks;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Agents;

/// <summary>
/// DRAIN_AGENT, DEACTIVATE_AGENT and REACTIVATE_AGENT. An agent that can is told to drain and ends its tasks
/// itself; for any other the master asks for the end of each task. Both again when the agent comes back.
/// </summary>
internal sealed class AgentDrains(
    KernelContext context, ClusterBook book, OfferBook offers, TaskCalls calls, AgentLoss loss, Allocator allocator)
{
    private readonly HashSet<AgentEntry> _draining = [];

    public OperatorRefusal? Drain(AgentId id, long? maxGraceNanoseconds, bool markGone)
    {
        if (Find(id, out var agent) is { } refusal)
        {
            return refusal;
        }

        if (maxGraceNanoseconds < 0)
        {
            return OperatorRefusal.Invalid("The max_grace_period is negative");
        }

        if (agent!.Unavailability is not null)
        {
            return OperatorRefusal.Invalid($"Agent {id} is in the maintenance schedule; take it out before draining it");
        }

        var config = new DrainConfig { MarkGone = markGone };
        if (maxGraceNanoseconds is { } grace)
        {
            config.MaxGracePeriod = new DurationInfo { Nanoseconds = grace };
        }

        agent.Deactivated = true;
        agent.DrainStarted = context.Now;
        agent.Drain = new DrainInfo { State = DrainState.Draining, Config = config };
        agent.Touch();
        context.Rewrite(agent);
        offers.RescindAllOf(agent);
        Begin(agent);
        FinishDrained();
        return null;
    }

    public OperatorRefusal? Deactivate(AgentId id)
    {
        if (Find(id, out var agent) is { } refusal)
        {
            return refusal;
        }

        if (!agent!.Deactivated)
        {
            agent.Deactivated = true;
            agent.Touch();
            context.Rewrite(agent);
            offers.RescindAllOf(agent);
        }

        return null;
    }

    public OperatorRefusal? Reactivate(AgentId id)
    {
        if (Find(id, out var agent) is { } refusal)
        {
            return refusal;
        }

        if (!agent!.Deactivated)
        {
            return OperatorRefusal.Invalid($"Agent {id} is not deactivated");
        }

        if (agent.Drain is { State: DrainState.Draining })
        {
            return OperatorRefusal.Invalid($"Agent {id} is still draining");
        }

        agent.Deactivated = false;
        agent.Drain = null;
        agent.DrainStarted = null;
        agent.Touch();
        context.Rewrite(agent);
        allocator.Request(agent);
        return null;
    }

    /// <summary>An agent that is to drain registered, or the master restarted: what runs on it is asked to end, again.</summary>
    public void Begin(AgentEntry agent)
    {
        if (agent.Drain is not { State: DrainState.Draining } drain)
        {
            return;
        }

        _draining.Add(agent);
        var endsItself = agent.Can(AgentInfo.Types.Capability.Types.Type.AgentDraining);
        if (endsItself)
        {
            Tell(agent, drain.Config);
        }

        foreach (var task in agent.Tasks)
        {
            if (TaskStates.IsTerminal(task.Record.State))
            {
                continue;
            }

            if (!task.KillRequested)
            {
                task.KillRequested = true;
                task.KilledByDrain = true;
                task.KillPolicy = Shorter(task.Record.Definition.KillPolicy, drain.Config.MaxGracePeriod);
            }

            if (!endsItself)
            {
                calls.SendKill(task);
            }
        }
    }

    /// <summary>Agents on which nothing is left, ends without acknowledgement included. Looked at with each tick.</summary>
    public void FinishDrained()
    {
        if (_draining.Count == 0)
        {
            return;
        }

        foreach (var agent in _draining.ToList())
        {
            if (agent.Drain is not { State: DrainState.Draining } drain || agent.Standing == AgentStanding.Gone)
            {
                _draining.Remove(agent);
                continue;
            }

            // An agent that is away may have tasks that this master does not know of.
            if (agent.Standing != AgentStanding.Registered || !agent.Connected || agent.Tasks.Count > 0
                || agent.Operations.Exists(static operation => operation.IsPending))
            {
                continue;
            }

            _draining.Remove(agent);
            agent.Drain = new DrainInfo { State = DrainState.Drained, Config = drain.Config };
            agent.Touch();
            context.Rewrite(agent);
            if (drain.Config.MarkGone)
            {
                loss.MarkGone(agent);
            }
            else
            {
                Tell(agent, config: null);
            }
        }
    }

    /// <summary>Without a configuration: that the drain is over. One that is away hears it when it registers.</summary>
    private void Tell(AgentEntry agent, DrainConfig? config) => context.Send(agent, new MasterMessage
    {
        Drain = new MasterMessage.Types.Drain
        {
            Config = config,
            Started = config is not null && agent.DrainStarted is { } started ? WireTime.Of(started) : null,
        },
    });

    private static KillPolicy? Shorter(KillPolicy? own, DurationInfo? longest) =>
        longest is null || own?.GracePeriod?.Nanoseconds <= longest.Nanoseconds ? own
        : new KillPolicy { GracePeriod = longest };

    private OperatorRefusal? Find(AgentId id, out AgentEntry? agent)
    {
        agent = book.FindAgent(id);
        return agent is null ? OperatorRefusal.Invalid($"No agent found with ID {id}")
            : agent.Standing == AgentStanding.Gone ? OperatorRefusal.Conflict($"Agent {id} was marked gone")
            : null;
    }
}
