using System.Collections.Immutable;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Groups;
using Plenum.Marathon.Instances;
using Plenum.Marathon.Matching;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using AgentPlace = Plenum.Marathon.Instances.AgentPlace;

namespace Plenum.Marathon.LaunchQueue;

/// <summary>Matches offers with the instances that wait, and launches.</summary>
internal sealed class Launcher(
    CoreContext context,
    RootBook roots,
    InstanceBook book,
    BackoffBook backoffs,
    StatusTracker tracker)
{
    // While the ceiling of launches under way is reached, offers are wanted again soon, not after two minutes.
    private const double BusyDeclineSeconds = 5;

    private readonly Dictionary<PathId, WaitingApp> _waiting = [];
    private readonly AgentPlaces _agents = new();

    // What readers see of the queue, kept up to date piece by piece: with ten thousand services waiting, a snapshot
    // must not cost a walk over all of them.
    private readonly Dictionary<PathId, QueueItem> _items = [];
    private readonly SortedDictionary<(DateTimeOffset Since, PathId App), QueueItem> _itemsInOrder = [];
    private ImmutableArray<QueueItem> _shown = [];

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
        var tables = offers.Select(offer => new Table(offer, _agents.See(offer))).ToList();
        var placed = new Dictionary<PathId, List<AgentPlace>>();
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
            Answer(table);
        }
    }

    /// <summary>The queue as readers see it. Only what changed since the last time is looked at.</summary>
    public ImmutableArray<QueueItem> Items()
    {
        if (context.QueueTouched.Count == 0)
        {
            return _shown;
        }

        foreach (var path in context.QueueTouched)
        {
            if (_items.Remove(path, out var old))
            {
                _itemsInOrder.Remove((old.Since, path));
            }

            if (_waiting.TryGetValue(path, out var waiting)
                && book.Scheduled.TryGetValue(path, out var ids)
                && roots.Find(path) is { } app)
            {
                var item = Describe(waiting, app, ids.Count);
                _items.Add(path, item);
                _itemsInOrder.Add((item.Since, path), item);
            }
        }

        context.QueueTouched.Clear();
        return _shown = [.. _itemsInOrder.Values];
    }

    private QueueItem Describe(WaitingApp waiting, AppDefinition app, int count) => new()
    {
        App = app,
        Role = app.Role,
        Count = count,
        Since = waiting.Since,
        DelayedUntil = backoffs.Until(app.Id),
        ProcessedOffers = waiting.Statistics.Processed,
        UnusedOffers = waiting.Statistics.Unused,
        LastUsedOfferAt = waiting.Statistics.LastUsedAt,
        LastUnusedOfferAt = waiting.Statistics.LastUnusedAt,
        RejectSummaryLastOffers = waiting.Statistics.LastOffers,
        RejectSummaryLaunchAttempt = waiting.Statistics.LaunchAttempt,
        LastUnusedOffers = waiting.Statistics.Shown,
    };

    private bool PlaceSome(Table table, Dictionary<PathId, List<AgentPlace>> placed)
    {
        var launched = 0;
        foreach (var path in _waiting.Keys.ToList())
        {
            if (table.Refused.Contains(path)
                || !book.Scheduled.TryGetValue(path, out var ids)
                || roots.Find(path) is not { } app
                || app.Role != table.Role
                || backoffs.IsDelayed(path))
            {
                continue;
            }

            while (ids.Count > 0 && launched < context.Options.MaxInstancesPerOffer)
            {
                if (book.LaunchesInFlight >= context.Options.MaxLaunchesInFlight)
                {
                    table.WasBusy = true;
                    return launched > 0;
                }

                if (!TryPlace(table, app, ids.First().Value, placed))
                {
                    table.Refused.Add(path);
                    break;
                }

                launched++;
            }

            if (launched >= context.Options.MaxInstancesPerOffer)
            {
                return true;
            }
        }

        return launched > 0;
    }

    private bool TryPlace(Table table, AppDefinition app, InstanceId id, Dictionary<PathId, List<AgentPlace>> placed)
    {
        if (!placed.TryGetValue(app.Id, out var places))
        {
            placed[app.Id] = places = CountedPlaces(app);
        }

        var statistics = _waiting[app.Id].Statistics;
        context.QueueTouched.Add(app.Id);
        var match = OfferMatcher.Match(
            new MatchRequest(app, table.Offer, table.Place, places, _agents.All, HomeRegion, context.Now),
            table.Pool,
            context.Random);
        if (match is OfferMatch.Rejected rejected)
        {
            // An offer that was used before in this turn is not counted again as unused.
            if (!table.Used.Contains(app.Id))
            {
                statistics.Rejected(table.Offer, rejected.Reasons, context.Now);
            }

            return false;
        }

        if (table.Used.Add(app.Id))
        {
            statistics.Used(table.Offer, context.Now);
        }

        Launch(table, app, id, (OfferMatch.Fits)match);
        places.Add(table.Place);
        return true;
    }

    private void Launch(Table table, AppDefinition app, InstanceId id, OfferMatch.Fits fits)
    {
        var waiting = book.Find(id) ?? throw new InvalidOperationException($"{id} waits for an offer but does not exist");
        var instance = waiting with
        {
            Version = app.Version,
            Role = app.Role,
            Condition = Condition.Provisioned,
            Since = context.Now,
            StagedAt = context.Now,
            Place = table.Place,
            HostPorts = [.. fits.Ports.Where(port => port.Host is not null).Select(port => port.Host!.Value)],
        };
        table.Tasks.Add(TaskBuilder.Build(new TaskRequest(
            app,
            instance.TaskId,
            table.Place,
            fits.Ports,
            fits.Resources,
            context.Options.EnvVarsPrefix,
            roots.Root.FindGroup(app.Id.TopLevel)?.EnforceRole == true)));
        book.Put(instance);
        tracker.ArmLaunch(instance);
        backoffs.Progressed(app);
    }

    /// <summary>Where the instances are that constraints count: placed, of the current configuration, not given up.</summary>
    private List<AgentPlace> CountedPlaces(AppDefinition app) =>
        [.. book.InstancesOf(app.Id)
            .Where(instance => instance.Place is not null
                && instance.Condition.HasTask()
                && instance.Condition != Condition.UnreachableInactive
                && instance.IsCurrent(app))
            .OrderBy(instance => instance.Sequence)
            .Select(instance => instance.Place!)];

    private void Answer(Table table)
    {
        if (table.Tasks.Count == 0)
        {
            context.Send(new Call
            {
                Type = Call.Types.Type.Decline,
                Decline = new Call.Types.Decline
                {
                    OfferIds = { table.Offer.Id },
                    Filters = new Filters
                    {
                        RefuseSeconds = table.WasBusy ? BusyDeclineSeconds : context.Options.DeclineDuration.TotalSeconds,
                    },
                },
            });
            return;
        }

        var launch = new Offer.Types.Operation.Types.Launch();
        launch.TaskInfos.AddRange(table.Tasks);
        context.Send(new Call
        {
            Type = Call.Types.Type.Accept,
            Accept = new Call.Types.Accept
            {
                OfferIds = { table.Offer.Id },
                Operations =
                {
                    new Offer.Types.Operation { Type = Offer.Types.Operation.Types.Type.Launch, Launch = launch },
                },
            },
        });
    }

    /// <summary>An offer on the table, and what became of it in this turn.</summary>
    private sealed class Table(Offer offer, AgentPlace place)
    {
        public Offer Offer { get; } = offer;

        public AgentPlace Place { get; } = place;

        public string Role { get; } = offer.AllocationInfo is { HasRole: true } allocation ? allocation.Role : "*";

        public OfferPool Pool { get; } = new(offer);

        public List<TaskInfo> Tasks { get; } = [];

        public HashSet<PathId> Refused { get; } = [];

        public HashSet<PathId> Used { get; } = [];

        public bool WasBusy { get; set; }
    }
}
