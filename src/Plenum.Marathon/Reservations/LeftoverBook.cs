using Plenum.Marathon.Core;
using Plenum.Marathon.Instances;
using Plenum.Marathon.Persistence;

namespace Plenum.Marathon.Reservations;

/// <summary>Reservations of instances that are gone, kept until nothing of them was offered for a while after they were taken apart.</summary>
internal sealed class LeftoverBook(CoreContext context)
{
    /// <summary>
    /// Beyond it the oldest is no longer waited for. What its agent offers later is still taken apart: the labels tell.
    /// </summary>
    private const int MaxLeftovers = 100_000;

    /// <summary>
    /// After this an agent is taken for gone for good, and no role is kept open for it: Mesos' own agents are
    /// forgotten after two weeks of silence at the latest.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromDays(1);

    /// <summary>One that was never seen is on its way for no longer than this, through any fail-over of the master.</summary>
    private static readonly TimeSpan PatienceWithUnseen = TimeSpan.FromMinutes(10);

    private readonly Dictionary<InstanceId, Leftover> _leftovers = [];
    private readonly Dictionary<string, int> _roles = [];
    private readonly Dictionary<string, SortedSet<InstanceId>> _byAgent = [];

    // Taken apart, or missing where it should have been offered: forgotten soon unless it is seen again.
    private readonly HashSet<InstanceId> _ending = [];

    /// <summary>Something waits to be taken apart: its role is wanted.</summary>
    public Action<string>? OnLeft { get; set; }

    public IReadOnlyCollection<string> Roles => _roles.Keys;

    public void Add(InstanceId instance, Reservation reservation)
    {
        if (_leftovers.Count >= MaxLeftovers)
        {
            Forget(_leftovers.MinBy(entry => entry.Value.Since).Key);
        }

        Forget(instance);
        var leftover = new Leftover(instance, reservation.AgentId, reservation.Role, context.Now, reservation.IsMade);
        context.Write(StoreKeys.Leftover(instance), StoredJson.Write(leftover));
        Restore(leftover);
        OnLeft?.Invoke(leftover.Role);
    }

    public void Restore(Leftover leftover)
    {
        _leftovers[leftover.Instance] = leftover;
        _roles[leftover.Role] = _roles.GetValueOrDefault(leftover.Role) + 1;
        if (!_byAgent.TryGetValue(leftover.AgentId, out var there))
        {
            _byAgent[leftover.AgentId] = there = [];
        }

        there.Add(leftover.Instance);
        context.Timers.Set(new TimerKey(TimerKind.LeftoverOver, leftover.Instance.Value), leftover.Since + (leftover.IsMade ? Patience : PatienceWithUnseen));
    }

    /// <summary>
    /// The operations that take it apart were sent. They may be dropped, so it is forgotten only when its resources
    /// were not offered again for a while.
    /// </summary>
    public void TakenApart(InstanceId instance)
    {
        if (_leftovers.ContainsKey(instance))
        {
            _ending.Add(instance);
            EndSoon(instance);
        }
    }

    /// <summary>
    /// An agent made an offer to a role. What of it was there before and is not any more was taken apart before a
    /// restart, or by an operator.
    /// </summary>
    public void Offered(string agentId, string role, HashSet<InstanceId> seen)
    {
        foreach (var id in _byAgent.GetValueOrDefault(agentId, []))
        {
            var leftover = _leftovers[id];
            if (leftover.IsMade && leftover.Role == role && !seen.Contains(id) && _ending.Add(id))
            {
                EndSoon(id);
            }
        }
    }

    public void Forget(InstanceId instance)
    {
        if (!_leftovers.Remove(instance, out var leftover))
        {
            return;
        }

        _ending.Remove(instance);
        var there = _byAgent[leftover.AgentId];
        if (there.Remove(instance) && there.Count == 0)
        {
            _byAgent.Remove(leftover.AgentId);
        }

        context.Write(StoreKeys.Leftover(instance), null);
        context.Timers.Cancel(new TimerKey(TimerKind.LeftoverOver, instance.Value));
        if (--_roles[leftover.Role] == 0)
        {
            _roles.Remove(leftover.Role);
        }
    }

    private void EndSoon(InstanceId instance) => context.Timers.Set(
        new TimerKey(TimerKind.LeftoverOver, instance.Value), context.Now + context.Options.TaskReservationTimeout);
}
