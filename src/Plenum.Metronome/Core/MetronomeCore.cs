using Plenum.Metronome.Definitions;
using Plenum.Metronome.Persistence;
using Plenum.Metronome.Runs;
using Plenum.Metronome.Schedules;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using StoredJson = Plenum.Marathon.Persistence.StoredJson;

namespace Plenum.Metronome.Core;

/// <summary>
/// The job scheduler as a state machine: a request or an event and the time come in, a result and effects go out. No
/// clock, no chance but its own seeded generator, no I/O.
/// </summary>
internal sealed class MetronomeCore
{
    private readonly CoreContext _context;
    private readonly JobBook _book;
    private readonly RunActions _actions;
    private readonly JobChanges _changes;
    private readonly Ticker _ticker;
    private readonly RunLauncher _launcher;
    private readonly OfferWishes _wishes;
    private readonly RunTracker _tracker;
    private readonly RunReconciler _reconciler;

    public MetronomeCore(MetronomeOptions options, int seed)
    {
        _context = new CoreContext(options, seed);
        _book = new JobBook(_context);
        _actions = new RunActions(_context, _book);
        _ticker = new Ticker(_context, _book, _actions);
        _launcher = new RunLauncher(_context, _book, _actions);
        _wishes = new OfferWishes(_context, _launcher);
        _tracker = new RunTracker(_context, _book, _actions);
        _reconciler = new RunReconciler(_context, _book, _actions);
        var dependents = new Dependents(_book, _actions);
        _changes = new JobChanges(_context, _book, _actions, _ticker, dependents);
        _actions.OnEnded = dependents.Ended;
        _book.OnWaiting = _ => _wishes.Want();
    }

    /// <summary>When <see cref="Tick"/> has something to do, in steady time; null for never.</summary>
    public DateTimeOffset? NextDeadline => (_context.Timers.NextDeadline, _ticker.NextDeadline) switch
    {
        ({ } timer, { } tick) => timer < tick ? timer : tick,
        var (timer, tick) => timer ?? tick,
    };

    /// <summary>The SUBSCRIBE to open a subscription with.</summary>
    public Call SubscribeCall()
    {
        var call = new Call
        {
            Type = Call.Types.Type.Subscribe,
            Subscribe = new Call.Types.Subscribe { FrameworkInfo = _wishes.Framework() },
        };
        if (_context.FrameworkId is { } id)
        {
            call.FrameworkId = new FrameworkID { Value = id };
        }

        return call;
    }

    /// <summary>Takes over what a core before this one stored. Ticks that came meanwhile are decided at once.</summary>
    public void Restore(StoredState state, CoreTime time, List<MetronomeEffect> effects)
    {
        _context.Begin(time, effects);
        _context.FrameworkId = state.FrameworkId;
        _book.Restore(state);
        foreach (var run in _book.Active.OrderBy(static run => run.Sequence).ToList())
        {
            _actions.Restored(run);
        }

        _ticker.Restore(state);
        _ticker.Run();
        _wishes.Settle();
    }

    public JobResult CreateJob(JobSpec spec, CoreTime time, List<MetronomeEffect> effects) =>
        Do(time, effects, () => _changes.Create(spec));

    public JobResult UpdateJob(JobSpec spec, bool keepSchedules, CoreTime time, List<MetronomeEffect> effects) =>
        Do(time, effects, () => _changes.Update(spec, keepSchedules));

    public JobResult DeleteJob(string id, bool stopRuns, CoreTime time, List<MetronomeEffect> effects) =>
        Do(time, effects, () => _changes.Delete(id, stopRuns));

    public JobResult CreateSchedule(string job, ScheduleSpec schedule, CoreTime time, List<MetronomeEffect> effects) =>
        Do(time, effects, () => _changes.CreateSchedule(job, schedule));

    public JobResult UpdateSchedule(string job, ScheduleSpec schedule, CoreTime time, List<MetronomeEffect> effects) =>
        Do(time, effects, () => _changes.UpdateSchedule(job, schedule));

    public JobResult DeleteSchedule(string job, string schedule, CoreTime time, List<MetronomeEffect> effects) =>
        Do(time, effects, () => _changes.DeleteSchedule(job, schedule));

    /// <summary>Starts a run whatever schedules and their policies say.</summary>
    public JobResult StartRun(string id, RunOverrides overrides, CoreTime time, List<MetronomeEffect> effects) =>
        Do(time, effects, () =>
        {
            if (_book.Find(id) is not { } job)
            {
                return new JobResult.NoSuchJob(id);
            }

            var spec = overrides == RunOverrides.None ? job.Spec.Run : overrides.ApplyTo(job.Spec.Run);
            if (StoredJson.Write(job.Spec with { Run = spec }).Length > JobBounds.MaxDefinitionBytes)
            {
                return new JobResult.Invalid("/overrides", $"the definition with them must not be larger than {JobBounds.MaxDefinitionBytes} bytes");
            }

            return UndefinedSecret(spec) is { } secret
                ? new JobResult.Invalid("/overrides/env", $"The secret '{secret}' is not defined by the job")
                : _actions.Start(job, spec, RunCause.Manual) is { } run
                    ? new JobResult.RunDone(run)
                    : new JobResult.Conflict($"{job.Active.Count} runs of the job are active; no more can be started");
        });

    public JobResult StopRun(string id, string run, CoreTime time, List<MetronomeEffect> effects) =>
        Do(time, effects, () =>
        {
            if (_book.Find(id) is null)
            {
                return new JobResult.NoSuchJob(id);
            }

            if (_book.FindActive(new RunKey(id, run)) is not { IsForgotten: false } active)
            {
                return new JobResult.NoSuchRun(id, run);
            }

            _actions.Stop(active);
            return new JobResult.RunDone(active);
        });

    /// <summary>The subscription broke. What is sent until the next one opens is made good then.</summary>
    public void Disconnected(CoreTime time, List<MetronomeEffect> effects)
    {
        _context.Begin(time, effects);
        _context.IsConnected = false;
        _reconciler.Stop();
    }

    /// <summary>Events of the subscription, in order.</summary>
    public void Handle(IReadOnlyList<Event> events, CoreTime time, List<MetronomeEffect> effects)
    {
        _context.Begin(time, effects);
        foreach (var happened in events)
        {
            switch (happened.Type)
            {
                case Event.Types.Type.Subscribed:
                    Subscribed(happened.Subscribed);
                    break;
                case Event.Types.Type.Offers:
                    _launcher.Process(happened.Offers.Offers_);
                    break;
                case Event.Types.Type.Update:
                    _tracker.Update(happened.Update.Status);
                    break;
                case Event.Types.Type.Failure when happened.Failure is { ExecutorId: null, AgentId: { } agent }:
                    _launcher.AgentLost(agent.Value);
                    break;
                default:
                    // Heartbeats are the transport's; rescinds do not matter to one that answers offers at once.
                    break;
            }
        }

        _wishes.Settle();
    }

    /// <summary>Runs the timers and decides the ticks that are due.</summary>
    public void Tick(CoreTime time, List<MetronomeEffect> effects)
    {
        _context.Begin(time, effects);
        while (_context.Timers.TryTakeDue(_context.Now, out var timer))
        {
            Run(timer);
        }

        _ticker.Run();
        _wishes.Settle();
    }

    public MetronomeSnapshot Snapshot() => new(_book.Jobs, _context.FrameworkId, _context.IsConnected);

    private JobResult Do(CoreTime time, List<MetronomeEffect> effects, Func<JobResult> perform)
    {
        _context.Begin(time, effects);
        var result = perform();
        _wishes.Settle();
        return result;
    }

    private static string? UndefinedSecret(JobRunSpec spec) => spec.Env.Values
        .OfType<Plenum.Marathon.Definitions.EnvironmentValue.Secret>()
        .Select(static secret => secret.Name)
        .FirstOrDefault(name => !spec.Secrets.ContainsKey(name));

    private void Subscribed(Event.Types.Subscribed subscribed)
    {
        _context.IsConnected = true;
        if (_context.FrameworkId is null)
        {
            _context.Write(StoreKeys.Framework, subscribed.FrameworkId.Value);
        }

        _context.FrameworkId = subscribed.FrameworkId.Value;
        _launcher.HomeRegion = subscribed.MasterInfo?.Domain?.FaultDomain?.Region?.Name;
        _wishes.Subscribed();
        _reconciler.Start();
    }

    private void Run(RunTimer timer)
    {
        switch (timer.Kind)
        {
            case RunTimerKind.StartingDeadline:
                _actions.StartingDeadlineOver(timer.Run);
                break;
            case RunTimerKind.BackoffOver:
                _actions.BackoffOver(timer.Run);
                break;
            case RunTimerKind.LaunchOverdue:
                _tracker.LaunchOverdue(timer.Run);
                break;
            case RunTimerKind.KillRetry:
                _actions.RetryKill(timer.Run);
                break;
            case RunTimerKind.UnreachableOver:
                _tracker.UnreachableOver(timer.Run);
                break;
            case RunTimerKind.Revive:
                _wishes.Want();
                break;
            case RunTimerKind.Reconcile:
                _reconciler.Run();
                break;
            default:
                throw new InvalidOperationException($"{timer.Kind} has no handler");
        }
    }
}
