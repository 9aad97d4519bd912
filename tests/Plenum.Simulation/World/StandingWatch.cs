using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Identity;

namespace Plenum.Simulation.World;

/// <summary>
/// Nobody is waited for longer than was said: neither an agent that went silent or lost its link, nor one that the
/// registry names, nor a framework that is away. Knows only what went in and out of the kernel, and the time.
/// </summary>
internal sealed class StandingWatch(string master, DateTimeOffset started)
{
    public static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(5);
    public const int MissedPings = 3;
    public static readonly TimeSpan ReturnTime = TimeSpan.FromMinutes(2);
    public static readonly TimeSpan FrameworkReturnTime = TimeSpan.FromSeconds(100);

    /// <summary>Looks are rarer than ticks.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(5);

    /// <summary>Frameworks with more are not waited for by any world.</summary>
    private static readonly TimeSpan LongestFailover = TimeSpan.FromMinutes(10);

    private readonly Dictionary<AgentLinkId, DateTimeOffset> _heard = [];
    private readonly Dictionary<AgentId, AgentLinkId> _links = [];
    private readonly Dictionary<AgentId, DateTimeOffset> _agentsAway = [];
    private readonly Dictionary<FrameworkId, DateTimeOffset> _frameworksAway = [];

    public void Before(KernelCommand command, DateTimeOffset now)
    {
        switch (command)
        {
            case KernelCommand.RegisterAgent(var link, _):
                _heard[link] = now;
                break;
            case KernelCommand.AgentMessageReceived(var link, _):
                _heard[link] = now;
                break;
            default:
                break;
        }
    }

    public void After(KernelCommand command, List<KernelEffect> effects)
    {
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case KernelEffect.SendToAgent(var link, { Registered: { } registered }):
                    _links[registered.AgentId] = link;
                    break;
                case KernelEffect.CloseScheduler when command is KernelCommand.Tick:
                    throw new SimulationFailureException($"{master} ends a framework's stream because time went by");
                default:
                    break;
            }
        }
    }

    public void Look(ClusterSnapshot book, DateTimeOffset now)
    {
        foreach (var agent in book.Agents)
        {
            if (!agent.Connected)
            {
                MustNotLast(_agentsAway, agent.Id, agent.ReregisteredTime, ReturnTime, now, "is without a link");
                continue;
            }

            _agentsAway.Remove(agent.Id);
            if (_links.TryGetValue(agent.Id, out var link) && now - _heard[link] > (PingInterval * (MissedPings + 1)) + Slack)
            {
                throw new SimulationFailureException($"{master} counts on {agent.Id}, which was last heard {now - _heard[link]} ago");
            }
        }

        if (book.RecoveredAgents.Count > 0 && now - started > ReturnTime + Slack)
        {
            throw new SimulationFailureException($"{master} still waits for {book.RecoveredAgents[0].Id} of the registry");
        }

        foreach (var framework in book.Frameworks)
        {
            var timeout = TimeSpan.FromSeconds(framework.Info.FailoverTimeout);
            if (framework.Connected || timeout > LongestFailover)
            {
                _frameworksAway.Remove(framework.Id);
                continue;
            }

            MustNotLast(
                _frameworksAway, framework.Id, framework.ReregisteredTime, framework.Recovered ? Longer(timeout, FrameworkReturnTime) : timeout, now, "is away");
        }
    }

    private static TimeSpan Longer(TimeSpan left, TimeSpan right) => left > right ? left : right;

    private void MustNotLast<T>(
        Dictionary<T, DateTimeOffset> since, T who, DateTimeOffset? back, TimeSpan time, DateTimeOffset now, string what)
        where T : notnull
    {
        // It may have come and gone between two looks.
        if (!since.TryGetValue(who, out var known) || known < back)
        {
            since[who] = now;
        }

        if (now - since[who] > time + Slack)
        {
            throw new SimulationFailureException($"{master} keeps {who}, which {what} since {since[who]:HH:mm:ss}");
        }
    }
}
