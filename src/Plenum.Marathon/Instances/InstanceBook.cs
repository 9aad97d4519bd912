using System.Collections.Immutable;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Events;
using Plenum.Marathon.Health;
using Plenum.Marathon.Persistence;

namespace Plenum.Marathon.Instances;

/// <summary>
/// All instances, by service, with the few counts that would otherwise need a walk over all of them. Every
/// change goes through here: it is persisted, indexed and announced in one place.
/// </summary>
internal sealed class InstanceBook(CoreContext context)
{
    private readonly Dictionary<PathId, SortedDictionary<long, InstanceId>> _scheduled = [];
    private long _lastSequence;

    public ImmutableDictionary<PathId, AppRuntime> Apps { get; private set; } =
        ImmutableDictionary<PathId, AppRuntime>.Empty;

    /// <summary>Launches sent whose tasks do not run yet.</summary>
    public int LaunchesInFlight { get; private set; }

    /// <summary>Services with instances that want an offer.</summary>
    public IReadOnlyDictionary<PathId, SortedDictionary<long, InstanceId>> Scheduled => _scheduled;

    /// <summary>A service began or ceased to want offers, or an instance joined those that wait.</summary>
    public Action<Instance>? OnScheduled { get; set; }

    public Action<PathId>? OnNothingScheduled { get; set; }

    /// <summary>Every change of any instance; null before is a new one, null after one that is forgotten.</summary>
    public Action<Instance?, Instance?>? OnChanged { get; set; }

    /// <summary>An instance is forgotten that had something reserved.</summary>
    public Action<InstanceId, Reservation>? OnReservationLeft { get; set; }

    public long NextSequence() => ++_lastSequence;

    public Instance? Find(InstanceId id)
    {
        if (!InstanceId.TryParse(id.Value, out var safePath) || !PathId.TryParse(ToPath(safePath), out var app))
        {
            return null;
        }

        return Apps.TryGetValue(app, out var runtime) ? runtime.Instances.GetValueOrDefault(id) : null;
    }

    public AppRuntime Of(PathId app) => Apps.GetValueOrDefault(app) ?? new AppRuntime(app);

    public IEnumerable<Instance> InstancesOf(PathId app) =>
        Apps.TryGetValue(app, out var runtime) ? runtime.Instances.Values : [];

    /// <summary>Adds or replaces. Announces a change of the condition.</summary>
    public void Put(Instance instance)
    {
        var before = Find(instance.Id);
        if (before == instance)
        {
            return;
        }

        Store(instance, before);
        context.Write(StoreKeys.Instance(instance.Id), StoredJson.Write(instance));
        if (before?.Condition != instance.Condition || before.Incarnation != instance.Incarnation)
        {
            Announce(instance, instance.Condition);
        }
    }

    /// <summary>Forgets the instance. <paramref name="last"/> is the condition it ended in.</summary>
    public void Remove(Instance instance, Condition last)
    {
        var runtime = Of(instance.App);
        var before = runtime.Instances.GetValueOrDefault(instance.Id);
        if (before is null)
        {
            return;
        }

        Index(before, null);
        Apps = Apps.SetItem(
            instance.App,
            runtime with
            {
                Instances = runtime.Instances.Remove(instance.Id),
                Health = runtime.Health.Remove(instance.Id),
            });
        context.Write(StoreKeys.Instance(instance.Id), null);
        foreach (var kind in (ReadOnlySpan<TimerKind>)[
            TimerKind.LaunchOverdue, TimerKind.KillRetry, TimerKind.UnreachableInactive, TimerKind.UnreachableExpunge,
            TimerKind.ReservationOverdue])
        {
            context.Timers.Cancel(new TimerKey(kind, instance.Id.Value));
        }

        Announce(instance, last);
        if (before.Reservation is { } reservation)
        {
            OnReservationLeft?.Invoke(before.Id, reservation);
        }
    }

    public void SetHealth(Instance instance, ImmutableArray<HealthResult> results)
    {
        var runtime = Of(instance.App);
        Apps = Apps.SetItem(
            instance.App,
            runtime with
            {
                Health = results.IsEmpty
                    ? runtime.Health.Remove(instance.Id)
                    : runtime.Health.SetItem(instance.Id, results),
            });
    }

    public void SetFailure(TaskFailure failure)
    {
        Apps = Apps.SetItem(failure.App, Of(failure.App) with { LastFailure = failure });
        context.Write(StoreKeys.Failure(failure.App), StoredJson.Write(failure));
    }

    /// <summary>The service is gone and so is its last instance.</summary>
    public void Forget(PathId app)
    {
        if (Apps.TryGetValue(app, out var runtime))
        {
            if (runtime.LastFailure is not null)
            {
                context.Write(StoreKeys.Failure(app), null);
            }

            Apps = Apps.Remove(app);
        }
    }

    /// <summary>Takes over what the store held; nothing is written or announced.</summary>
    public void Restore(Instance instance)
    {
        _lastSequence = Math.Max(_lastSequence, instance.Sequence);
        Store(instance, null);
    }

    public void Restore(TaskFailure failure) =>
        Apps = Apps.SetItem(failure.App, Of(failure.App) with { LastFailure = failure });

    private static string ToPath(string safePath) => "/" + safePath.Replace('_', '/');

    private static bool IsInFlight(Instance? instance) =>
        instance is { Condition: Condition.Provisioned or Condition.Staging or Condition.Starting };

    private void Store(Instance instance, Instance? before)
    {
        var runtime = Of(instance.App);
        Apps = Apps.SetItem(
            instance.App,
            runtime with { Instances = runtime.Instances.SetItem(instance.Id, instance) });
        Index(before, instance);
    }

    private void Index(Instance? before, Instance? after)
    {
        OnChanged?.Invoke(before, after);
        LaunchesInFlight += (IsInFlight(after) ? 1 : 0) - (IsInFlight(before) ? 1 : 0);
        var was = before is { Condition: Condition.Scheduled };
        var waits = after is { Condition: Condition.Scheduled };
        if (was != waits)
        {
            context.QueueTouched.Add((before ?? after)!.App);
        }

        if (was && !waits)
        {
            var waiting = _scheduled[before!.App];
            waiting.Remove(before.Sequence);
            if (waiting.Count == 0)
            {
                _scheduled.Remove(before.App);
                OnNothingScheduled?.Invoke(before.App);
            }
        }
        else if (waits && !was)
        {
            if (!_scheduled.TryGetValue(after!.App, out var waiting))
            {
                _scheduled[after.App] = waiting = [];
            }

            waiting[after.Sequence] = after.Id;
            OnScheduled?.Invoke(after);
        }
    }

    private void Announce(Instance instance, Condition condition) =>
        context.Publish(new MarathonEvent.InstanceChanged(
            context.Now,
            instance.Id,
            condition,
            instance.App,
            instance.Place?.AgentId,
            instance.Place?.Host,
            instance.Version));
}
