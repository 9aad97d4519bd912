using System.Collections.Immutable;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Groups;
using Plenum.Marathon.Instances;
using Plenum.Marathon.Matching;
using Plenum.Marathon.Placing;
using Plenum.Marathon.Reservations;
using Plenum.Protocol.V1;
using AgentPlace = Plenum.Marathon.Instances.AgentPlace;

namespace Plenum.Marathon.LaunchQueue;

/// <summary>Matches offers with the instances that wait, and launches.</summary>
internal sealed class Launcher(
    CoreContext context,
    RootBook roots,
    InstanceBook book,
    BackoffBook backoffs,
    StatusTracker tracker,
    ReservedInstances reserved,
    Placer placer)
{
    private readonly Dictionary<PathId, WaitingApp> _waiting = [];
    private readonly AgentPlaces _agents = new();

    private readonly QueueItems _items = new(context);

    public string? HomeRegion { get; set; }

    public void BeginsToWait(Instance instance) =>
        _waiting.TryAdd(instance.App, new WaitingApp(instance.App, context.Now));

    public void NoLongerWaits(PathId app) => _waiting.Remove(app);

    public void AgentLost(string agentId) => _agents.Lost(agentId);

    /// <summary>
    /// Rounds over the offers at hand: each takes a few instances a round, so that a burst spreads over the agents,
    /// until a round places nothing.
    /// </summary>
    public void Process(IReadOnlyList<Offer> offers)
    {
        var tables = offers.Select(offer => new OfferTable(offer, _agents.See(offer))).ToList();
        foreach (var table in tables)
        {
            reserved.Look(table, found => LaunchReserved(table, found));
        }

        var placed = new Dictionary<(PathId, Timestamp), PlacedInstances>();
        foreach (var app in _waiting.Keys.ToList().SelectMany(roots.LaunchableOf))
        {
            if (app is { Placement.HasPreferences: true, IsDaemon: false } && !backoffs.IsDelayed(app))
            {
                PlaceByPreference(app, tables, placed);
            }
        }

        for (var more = true; more;)
        {
            more = false;
            foreach (var table in tables)
            {
                more |= PlaceSome(table, placed);
            }
        }

        foreach (var table in tables)
        {
            context.Send(table.Answer(context.Options.DeclineDuration));
        }
    }

    /// <summary>The queue as readers see it.</summary>
    public ImmutableArray<QueueItem> Items() => _items.Shown(Find);

    /// <summary>The service's place in the queue as of now; null when nothing of it waits.</summary>
    public QueueItem? Find(PathId path) =>
        _waiting.TryGetValue(path, out var waiting)
        && book.Scheduled.TryGetValue(path, out var ids)
        && roots.Find(path) is { } app
            ? Describe(waiting, app, ids.Count)
            : null;

    private QueueItem Describe(WaitingApp waiting, RunSpec app, int count) => new()
    {
        Spec = app,
        Role = context.Options.LaunchRoleOf(app),
        Count = count,
        Since = waiting.Since,
        DelayedUntil = backoffs.Until(app),
        ProcessedOffers = waiting.Statistics.Processed,
        UnusedOffers = waiting.Statistics.Unused,
        LastUsedOfferAt = waiting.Statistics.LastUsedAt,
        LastUnusedOfferAt = waiting.Statistics.LastUnusedAt,
        RejectSummaryLastOffers = waiting.Statistics.LastOffers,
        RejectSummaryLaunchAttempt = waiting.Statistics.LaunchAttempt,
        LastUnusedOffers = waiting.Statistics.Shown,
        Unmet = waiting.Statistics.Unmet,
        Agents = waiting.Statistics.Agents,
        OffersAgainAt = waiting.Statistics.LastUnusedAt + context.Options.DeclineDuration,
        Instances = [.. book.Scheduled[app.Id].Values
            .Take(QueueItem.MaxShownInstances)
            .Select(id => book.Find(id)!)
            .Select(instance => new WaitingInstance(instance.Id, instance.Since, instance.Place?.Host))],
    };

    /// <summary>Services that wait and are placed by where those others are.</summary>
    public IEnumerable<RunSpec> WaitingFor(IReadOnlySet<PathId> others) => others.Count == 0
        ? []
        : _waiting.Keys.SelectMany(roots.LaunchableOf).Where(app => placer.DependsOn(app, others)).ToList();

    /// <summary>
    /// A service that prefers some agents to others chooses among all offers at hand, before the rounds in which nobody
    /// chooses. One that waits for an agent that it likes in every way takes no other until its time is over.
    /// </summary>
    private void PlaceByPreference(RunSpec app, List<OfferTable> tables, Dictionary<(PathId, Timestamp), PlacedInstances> placed)
    {
        if (!book.Scheduled.TryGetValue(app.Id, out var ids))
        {
            return;
        }

        var key = (app.Id, app.Version);
        var places = PlacedOf(app, placed);
        var offers = new BestOffers(
            table => placer.Score(app, table.Place, places, _agents.Counts), context.Options.MaxInstancesPerOffer);
        var role = context.Options.LaunchRoleOf(app);
        var mine = tables.Where(table => table.Role == role).ToList();
        mine.ForEach(offers.Add);
        while (NextOf(app, ids) is { } next)
        {
            if (book.LaunchesInFlight >= context.Options.MaxLaunchesInFlight)
            {
                // The rounds come to the same end and say so to every offer.
                return;
            }

            if (!offers.TryTake(out var table, out var worth))
            {
                break;
            }

            var patience = next.Since + TimeSpan.FromSeconds(app.Placement!.WaitSeconds);
            if (patience > context.Now && worth < Placer.BestScore(app.Placement))
            {
                context.Timers.Set(new TimerKey(TimerKind.PreferenceOver, app.Id.Text), patience);
                HoldOut(app, mine.Where(other => !other.Refused.Contains(key)));
                break;
            }

            if (TryPlace(table, app, next, placed))
            {
                offers.Took(table);
            }
            else
            {
                table.Refused.Add(key);
            }
        }

        if (NextOf(app, ids) is not null)
        {
            mine.ForEach(table => table.Refused.Add(key));
        }
    }

    private void HoldOut(RunSpec app, IEnumerable<OfferTable> tables)
    {
        var cause = new RejectCause(
            RejectReason.UnfulfilledConstraint, $"waits up to {app.Placement!.WaitSeconds} s for an agent that meets every preference");
        context.QueueTouched.Add(app.Id);
        foreach (var table in tables.Where(table => !table.Used.Contains(app.Id)))
        {
            _waiting[app.Id].Statistics.Rejected(table.Offer, [cause.Reason], cause, context.Now);
        }
    }

    private PlacedInstances PlacedOf(RunSpec app, Dictionary<(PathId, Timestamp), PlacedInstances> placed)
    {
        if (!placed.TryGetValue((app.Id, app.Version), out var places))
        {
            placed[(app.Id, app.Version)] = places = CountedPlaces(app);
        }

        return places;
    }

    private bool PlaceSome(OfferTable table, Dictionary<(PathId, Timestamp), PlacedInstances> placed)
    {
        var launched = 0;
        foreach (var app in _waiting.Keys.ToList().SelectMany(roots.LaunchableOf))
        {
            var path = app.Id;
            if (table.Refused.Contains((path, app.Version))
                || !book.Scheduled.TryGetValue(path, out var ids)
                || context.Options.LaunchRoleOf(app) != table.Role
                || backoffs.IsDelayed(app))
            {
                continue;
            }

            while (NextOf(app, ids) is { } next && launched < context.Options.MaxInstancesPerOffer)
            {
                if (book.LaunchesInFlight >= context.Options.MaxLaunchesInFlight)
                {
                    table.WasBusy = true;
                    return launched > 0;
                }

                if (!TryPlace(table, app, next, placed))
                {
                    table.Refused.Add((path, app.Version));
                    break;
                }

                launched++;
            }

            // Those that are left wait for their own resources, which are not in this offer.
            if (app.IsResident && ids.Count > 0 && NextOf(app, ids) is null && table.Refused.Add((path, app.Version)) && !table.Used.Contains(path))
            {
                context.QueueTouched.Add(path);
                _waiting[path].Statistics.Rejected(
                    table.Offer,
                    [RejectReason.NoCorrespondingReservationFound],
                    new RejectCause(RejectReason.NoCorrespondingReservationFound),
                    context.Now);
            }

            if (launched >= context.Options.MaxInstancesPerOffer)
            {
                return true;
            }
        }

        return launched > 0;
    }

    /// <summary>The first that may be placed anywhere: one with a reservation goes where that is.</summary>
    private Instance? NextOf(RunSpec app, SortedDictionary<long, InstanceId> ids)
    {
        var isHeld = roots.FindHeld(app.Id) is not null;
        return app.IsResident || isHeld
            ? ids.Values.Select(id => book.Find(id)).FirstOrDefault(instance => instance is { Reservation: null }
                && (!isHeld || ReferenceEquals(roots.FindFor(instance), app)))
            : ids.Count > 0 ? book.Find(ids.First().Value) : null;
    }

    private bool TryPlace(OfferTable table, RunSpec app, Instance instance, Dictionary<(PathId, Timestamp), PlacedInstances> placed)
    {
        var places = PlacedOf(app, placed);
        if (app.IsDaemon && places.IsOn(table.Place.AgentId))
        {
            // It runs here already: that is no reason why another waits, which wants another agent.
            return false;
        }

        var statistics = _waiting[app.Id].Statistics;
        context.QueueTouched.Add(app.Id);
        var match = OfferMatcher.Match(
            new MatchRequest(app, table.Offer, table.Place, places, _agents.Counts, HomeRegion, context.Now)
            {
                BrokenRule = placer.Broken(app, table.Place),
            },
            table.Pool,
            context.Random);
        if (match is OfferMatch.Rejected rejected)
        {
            // An offer that was used before in this turn is not counted again as unused.
            if (!table.Used.Contains(app.Id))
            {
                statistics.Rejected(table.Offer, rejected.Reasons, rejected.Cause, context.Now);
            }

            return false;
        }

        if (table.Used.Add(app.Id))
        {
            statistics.Used(table.Offer, context.Now);
        }

        var fits = (OfferMatch.Fits)match;
        if (app.IsResident)
        {
            reserved.Reserve(table, app, instance, fits);
        }
        else
        {
            Launch(table, app, instance, fits);
        }

        places.Add(table.Place);
        return true;
    }

    /// <summary>An instance's own resources are on the table: its task goes on them or nowhere.</summary>
    private void LaunchReserved(OfferTable table, ReservedInstances.Found found)
    {
        var instance = found.Instance;
        if (roots.FindFor(instance) is not { } app
            || backoffs.IsDelayed(app)
            || !_waiting.TryGetValue(app.Id, out var waiting))
        {
            return;
        }

        if (book.LaunchesInFlight >= context.Options.MaxLaunchesInFlight)
        {
            table.WasBusy = true;
            return;
        }

        context.QueueTouched.Add(app.Id);
        var match = OfferMatcher.MatchReserved(
            new MatchRequest(app, table.Offer, table.Place, PlacedInstances.None(), _agents.Counts, HomeRegion, context.Now),
            found.Resources,
            context.Random);
        if (match is OfferMatch.Rejected rejected)
        {
            waiting.Statistics.Rejected(table.Offer, rejected.Reasons, rejected.Cause, context.Now);
            return;
        }

        if (table.Used.Add(app.Id))
        {
            waiting.Statistics.Used(table.Offer, context.Now);
        }

        Launch(table, app, instance, (OfferMatch.Fits)match);
    }

    private void Launch(OfferTable table, RunSpec app, Instance waiting, OfferMatch.Fits fits)
    {
        var instance = waiting with
        {
            Version = app.Version,
            Role = waiting.Reservation?.Role ?? context.Options.LaunchRoleOf(app),
            Condition = Condition.Provisioned,
            Since = context.Now,
            StagedAt = context.Now,
            Place = table.Place,
            HostPorts = [.. fits.Ports.Where(port => port.Host is not null).Select(port => port.Host!.Value)],
            ContainerPorts = app.IsHostMode ? [] : [.. fits.Ports.Select(port => port.Container)],
            Containers = app is PodDefinition { Containers: var containers }
                ? [.. containers.Select(container => new ContainerState(container.Name, Condition.Provisioned, context.Now))]
                : [],
        };
        if (app is PodDefinition pod)
        {
            table.Groups.Add(TaskGroupBuilder.Build(new PodRequest(
                pod,
                instance.Id,
                instance.Incarnation,
                context.FrameworkId!,
                table.Place,
                fits.Ports,
                fits.Resources,
                context.Options.EnvVarsPrefix,
                context.Options.MesosBridgeName)));
        }
        else
        {
            table.Tasks.Add(TaskBuilder.Build(new TaskRequest(
                (AppDefinition)app,
                instance.TaskId,
                table.Place,
                fits.Ports,
                fits.Resources,
                context.Options.EnvVarsPrefix,
                roots.Root.FindGroup(app.Id.TopLevel)?.EnforceRole == true,
                context.Options.MesosBridgeName)));
        }

        book.Put(instance);
        tracker.ArmLaunch(instance);
        backoffs.Progressed(app);
    }

    /// <summary>
    /// Where the instances are that constraints count: placed, of the current configuration, not given up. One with a
    /// reservation has its place also while it has no task.
    /// </summary>
    private PlacedInstances CountedPlaces(RunSpec app) =>
        new(book.InstancesOf(app.Id)
            .Where(instance => instance.Place is not null
                && (instance.Condition.HasTask() || instance.Reservation is not null)
                && instance.Condition != Condition.UnreachableInactive
                && (instance.IsCurrent(app) || instance.Reservation is not null || app.IsAloneOnAgents))
            .OrderBy(instance => instance.Sequence)
            .Select(instance => instance.Place!));
}
