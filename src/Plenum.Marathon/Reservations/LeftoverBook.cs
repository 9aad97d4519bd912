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

    private readonly Dictionary<InstanceId, Leftover> _leftovers = [];
    private readonly Dictionary<string, int> _roles = [];

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
        var leftover = new Leftover(instance, reservation.AgentId, reservation.Role, context.Now);
        context.Write(StoreKeys.Leftover(instance), StoredJson.Write(leftover));
        Restore(leftover);
        OnLeft?.Invoke(leftover.Role);
    }

    public void Restore(Leftover leftover)
    {
        _leftovers[leftover.Instance] = leftover;
        _roles[leftover.Role] = _roles.GetValueOrDefault(leftover.Role) + 1;
        context.Timers.Set(new TimerKey(TimerKind.LeftoverOver, leftover.Instance.Value), leftover.Since + Patience);
    }

    /// <summary>
    /// The operations that take it apart were sent. They may be dropped, so it is forgotten only when its resources
    /// were not offered again for a while.
    /// </summary>
    public void TakenApart(InstanceId instance)
    {
        if (_leftovers.ContainsKey(instance))
        {
            context.Timers.Set(
                new TimerKey(TimerKind.LeftoverOver, instance.Value), context.Now + context.Options.TaskReservationTimeout);
        }
    }

    public void Forget(InstanceId instance)
    {
        if (!_leftovers.Remove(instance, out var leftover))
        {
            return;
        }

        context.Write(StoreKeys.Leftover(instance), null);
        context.Timers.Cancel(new TimerKey(TimerKind.LeftoverOver, instance.Value));
        if (--_roles[leftover.Role] == 0)
        {
            _roles.Remove(leftover.Role);
        }
    }
}
