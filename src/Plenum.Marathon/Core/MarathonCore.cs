using Plenum.Marathon.Daemons;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;
using Plenum.Marathon.Events;
using Plenum.Marathon.Groups;
using Plenum.Marathon.Health;
using Plenum.Marathon.Instances;
using Plenum.Marathon.LaunchQueue;
using Plenum.Marathon.Persistence;
using Plenum.Marathon.Placing;
using Plenum.Marathon.Reservations;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Marathon.Core;

/// <summary>
/// The orchestrator as a state machine: a request or an event and the time come in, a result and effects go out. No
/// clock, no chance but its own seeded generator, no I/O.
/// </summary>
internal sealed class MarathonCore
{
    private readonly CoreContext _context;
    private readonly RootBook _roots;
    private readonly InstanceBook _book;
    private readonly PlaceIndex _places;
    private readonly InstanceActions _actions;
    private readonly CountKeeper _counts;
    private readonly BackoffBook _backoffs;
    private readonly HealthBook _health;
    private readonly ReadinessBook _readiness;
    private readonly DeploymentBook _deployments;
    private readonly DaemonBook _daemons;
    private readonly RootUpdates _updates;
    private readonly StatusTracker _tracker;
    private readonly Launcher _launcher;
    private readonly WaitingReports _reports;
    private readonly RoleSubscriptions _roles;
    private readonly Reconciler _reconciler;
    private readonly LeftoverBook _leftovers;
    private readonly ReservedInstances _reserved;
    private readonly KillRequests _kills;
    private readonly ProgressWatch _progress;
    private readonly Rollbacks _rollbacks;
    private readonly TimerRuns _timers;
    private MarathonSnapshot? _snapshot;

    public MarathonCore(MarathonOptions options, int seed)
    {
        _context = new CoreContext(options, seed);
        _roots = new RootBook(_context);
        _book = new InstanceBook(_context);
        _places = new PlaceIndex(_book);
        _book.OnChanged = _places.Changed;
        _actions = new InstanceActions(_context, _book);
        _counts = new CountKeeper(_context, _roots, _book, _actions);
        _backoffs = new BackoffBook(_context);
        _health = new HealthBook(_context, _book, _roots, _actions);
        _readiness = new ReadinessBook(_context, _book, _roots);
        _daemons = new DaemonBook(_context, _roots, _book);
        _progress = new ProgressWatch(_context, _roots);
        _deployments = new DeploymentBook(
            _context, _roots, _book, _actions, new InstanceReadiness(_roots, _health, _readiness), _readiness, _backoffs, _progress, _daemons);
        _updates = new RootUpdates(_context, _roots, _deployments, _daemons);
        _rollbacks = new Rollbacks(_deployments, _updates, _progress);
        _tracker = new StatusTracker(_context, _roots, _book, _actions, _health, _backoffs);
        _leftovers = new LeftoverBook(_context);
        _reserved = new ReservedInstances(_context, _book, _leftovers);
        _launcher = new Launcher(_context, _roots, _book, _backoffs, _tracker, _reserved, new Placer(_roots, _places));
        _reports = new WaitingReports(_context, _launcher);
        _roles = new RoleSubscriptions(_context, _roots, _book, _backoffs, _leftovers);
        _reconciler = new Reconciler(_context, _book, _actions);
        _kills = new KillRequests(_roots, _book, _actions, _updates);
        _timers = new TimerRuns(
            _context, _roots, _book, _actions, _counts, _tracker, _health, _readiness, _reserved, _leftovers, _roles, _reconciler,
            _rollbacks, _deployments, _reports);
        _leftovers.OnLeft = _roles.Want;
        _book.OnReservationLeft = _leftovers.Add;
        _book.OnScheduled = instance =>
        {
            _launcher.BeginsToWait(instance);
            _reports.BeginsToWait(instance.App);
            if (_roots.FindFor(instance) is not { } spec || !_backoffs.IsDelayed(spec))
            {
                _roles.Want(instance.Role);
            }
        };
        _book.OnNothingScheduled = app =>
        {
            _launcher.NoLongerWaits(app);
            _reports.NoLongerWaits(app);
        };
    }

    /// <summary>When <see cref="Tick"/> has something to do; null for never.</summary>
    public DateTimeOffset? NextDeadline => _context.Timers.NextDeadline;

    /// <summary>The SUBSCRIBE to open a subscription with.</summary>
    public Call SubscribeCall()
    {
        var call = new Call
        {
            Type = Call.Types.Type.Subscribe,
            Subscribe = new Call.Types.Subscribe { FrameworkInfo = _roles.Framework(_context.FrameworkId) },
        };
        if (_context.FrameworkId is { } id)
        {
            call.FrameworkId = new Protocol.V1.FrameworkID { Value = id };
        }

        return call;
    }

    /// <summary>Takes over what a core before this one stored. Deployments go on from their first step.</summary>
    /// <exception cref="StoredStateException">An entry cannot be read.</exception>
    public void Restore(StoredState state, DateTimeOffset now, List<MarathonEffect> effects)
    {
        _context.Begin(now, effects);
        _context.FrameworkId = state.FrameworkId;
        _roots.Restore(state.SpecVersions, state.Roots);
        foreach (var (app, backoff) in state.Backoffs)
        {
            _backoffs.Restore(app, backoff);
        }

        foreach (var failure in state.Failures)
        {
            _book.Restore(failure);
        }

        // Before the instances: an update that stands still says what some of them are of.
        foreach (var plan in state.Deployments.OrderBy(plan => plan.Version))
        {
            _deployments.Restore(
                StoredPlan.Join(plan, state.PlanParts),
                state.DeploymentStates.Find(known => known.Id == plan.Id));
        }

        foreach (var instance in state.Instances.OrderBy(instance => instance.Sequence))
        {
            _book.Restore(instance);
            _reserved.Arm(instance);
            _tracker.ArmLaunch(instance);
            _tracker.ArmUnreachable(instance);
            if (instance.Condition == Condition.Running)
            {
                _health.Restore(instance);
            }
        }

        foreach (var leftover in state.Leftovers)
        {
            _leftovers.Restore(leftover);
        }

        // Of a plan that was not stored to its end: the change it belongs to was never made.
        foreach (var (key, _) in state.PlanParts.Where(part => !state.Deployments.Exists(plan => StoredPlan.IsPartOf(part.Key, plan))))
        {
            _context.Write(key, null);
        }

        foreach (var orphan in state.DeploymentStates.Where(known => !state.Deployments.Exists(plan => plan.Id == known.Id)))
        {
            _context.Write(StoreKeys.DeploymentState(orphan.Id), null);
        }

        _context.Timers.Set(
            new TimerKey(TimerKind.ScaleCheck, ""), now + _context.Options.ScaleAppsInitialDelay);
        Settle();
    }

    public RootUpdateResult UpdateRoot(RootUpdate update, DateTimeOffset now, List<MarathonEffect> effects)
    {
        _context.Begin(now, effects);
        var result = _updates.Update(update);
        Settle();
        return result;
    }

    public RootUpdateResult CancelDeployment(string id, bool force, DateTimeOffset now, List<MarathonEffect> effects)
    {
        _context.Begin(now, effects);
        if (_deployments.Find(id) is not { } plan)
        {
            return new RootUpdateResult.NotFound();
        }

        RootUpdateResult result;
        if (force)
        {
            _deployments.Cancel(id, "abandoned on request");
            result = new RootUpdateResult.Abandoned();
        }
        else
        {
            result = _rollbacks.Perform(plan, "rolled back on request");
        }

        Settle();
        return result;
    }

    public DeploymentOrderResult OrderDeployment(string id, DeploymentOrder order, DateTimeOffset now, List<MarathonEffect> effects)
    {
        _context.Begin(now, effects);
        var result = _deployments.Perform(id, order);
        Settle();
        return result;
    }

    public KillTasksResult KillTasks(KillTasks request, DateTimeOffset now, List<MarathonEffect> effects)
    {
        _context.Begin(now, effects);
        var result = _kills.Perform(request);
        Settle();
        return result;
    }

    public bool ResetDelay(PathId app, DateTimeOffset now, List<MarathonEffect> effects)
    {
        _context.Begin(now, effects);
        if (!_book.Scheduled.ContainsKey(app) || _roots.Find(app) is not { } definition)
        {
            return false;
        }

        _backoffs.Reset(app);
        _roles.Want(definition);
        Settle();
        return true;
    }

    /// <summary>The subscription broke. What is sent until the next one opens is made good then.</summary>
    public void Disconnected(DateTimeOffset now, List<MarathonEffect> effects)
    {
        _context.Begin(now, effects);
        if (_context.IsConnected)
        {
            _context.IsConnected = false;
            _reconciler.Stop();
            _context.Publish(new MarathonEvent.SchedulerDisconnected(_context.Now));
            _snapshot = null;
        }
    }

    /// <summary>Events of the subscription, in order. They are settled together: a burst costs one look at each service.</summary>
    public void Handle(IReadOnlyList<Event> events, DateTimeOffset now, List<MarathonEffect> effects)
    {
        _context.Begin(now, effects);
        foreach (var happened in events)
        {
            switch (happened.Type)
            {
                case Event.Types.Type.Subscribed:
                    Subscribed(happened.Subscribed);
                    break;
                case Event.Types.Type.Offers:
                    _daemons.See(happened.Offers.Offers_);

                    // What came before may have made something wait or go: offers meet the latest state.
                    SettleApps();
                    _launcher.Process(happened.Offers.Offers_);
                    break;
                case Event.Types.Type.Update:
                    _tracker.Update(happened.Update.Status);
                    break;
                case Event.Types.Type.Failure when happened.Failure is { ExecutorId: null, AgentId: { } agent }:
                    _launcher.AgentLost(agent.Value);
                    _daemons.Lost(agent.Value);
                    break;
                case Event.Types.Type.Message:
                    _context.Publish(new MarathonEvent.FrameworkMessage(
                        _context.Now,
                        happened.Message.ExecutorId.Value,
                        happened.Message.AgentId.Value,
                        [.. happened.Message.Data.Span]));
                    break;
                default:
                    // Heartbeats are the transport's; rescinds do not matter to one that answers offers at once; what
                    // became of an operation is told by the next offer.
                    break;
            }
        }

        Settle();
    }

    public void ProbeFinished(ProbeId id, ProbeOutcome outcome, DateTimeOffset now, List<MarathonEffect> effects)
    {
        _context.Begin(now, effects);
        if (id.Check == ProbeId.Readiness)
        {
            _readiness.Finished(id, outcome);
        }
        else
        {
            _health.Finished(id, outcome);
        }

        Settle();
    }

    /// <summary>Runs the timers that are due.</summary>
    public void Tick(DateTimeOffset now, List<MarathonEffect> effects)
    {
        _context.Begin(now, effects);
        while (_context.Timers.TryTakeDue(_context.Now, out var timer))
        {
            _timers.Run(timer);
        }

        Settle();
    }

    public MarathonSnapshot Snapshot() => _snapshot ??= new MarathonSnapshot
    {
        Root = _roots.Root,
        Apps = _book.Apps,
        Deployments = _deployments.Running,
        Queue = _launcher.Items(),
        SpecVersions = _roots.SpecVersions,
        RootVersions = _roots.RootVersions,
        FrameworkId = _context.FrameworkId,
        IsConnected = _context.IsConnected,
    };

    private void Subscribed(Event.Types.Subscribed subscribed)
    {
        var master = subscribed.MasterInfo?.Hostname ?? "";
        var first = _context.FrameworkId is null;
        _context.IsConnected = true;
        _context.FrameworkId = subscribed.FrameworkId.Value;
        _launcher.HomeRegion = subscribed.MasterInfo?.Domain?.FaultDomain?.Region?.Name;
        _daemons.HomeRegion = _launcher.HomeRegion;
        _daemons.BeginAnew();
        if (first)
        {
            _context.Write(StoreKeys.Framework, StoredJson.Write(_context.FrameworkId));
        }

        _context.Publish(first
            ? new MarathonEvent.SchedulerRegistered(_context.Now, _context.FrameworkId, master)
            : new MarathonEvent.SchedulerReregistered(_context.Now, master));
        _roles.Subscribed();
        _progress.Reconnected();
        _reconciler.Start();
    }

    private void SettleApps()
    {
        while (_context.TryTakeUnsettled(out var app))
        {
            _daemons.Refresh(app);
            if (!_deployments.Settle(app))
            {
                _counts.Settle(app);
            }
        }
    }

    private void Settle()
    {
        SettleApps();
        foreach (var app in _launcher.WaitingFor(_places.TakeMoved()))
        {
            _roles.Want(app);
        }

        _roles.Settle(_context.FrameworkId);
        _snapshot = null;
    }
}
