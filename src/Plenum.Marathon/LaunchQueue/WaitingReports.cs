using System.Collections.Immutable;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Events;

namespace Plenum.Marathon.LaunchQueue;

/// <summary>
/// Tells on the event stream why instances wait: for each service when it has waited for a while, and again when other
/// things are lacking than at the last time.
/// </summary>
internal sealed class WaitingReports(CoreContext context, Launcher launcher)
{
    // What is placed by then, as nearly everything is, is not worth a word.
    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(10);

    // Between two looks at one service, and thus the shortest time between two events of it.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(60);

    // The same is said again once in a while, for who came to listen meanwhile.
    private static readonly TimeSpan Repeat = TimeSpan.FromMinutes(10);

    // Of all services together, 20 a second: ten thousand that begin to wait at once must not overflow the buffers of
    // those who listen (1024 events).
    private static readonly TimeSpan Slot = TimeSpan.FromMilliseconds(50);

    private readonly Dictionary<PathId, Report> _reports = [];
    private DateTimeOffset _nextSlot;

    public void BeginsToWait(PathId app)
    {
        if (_reports.TryAdd(app, new Report()))
        {
            context.Timers.Set(TimerOf(app), context.Now + FirstLook);
        }
    }

    public void NoLongerWaits(PathId app)
    {
        if (_reports.Remove(app))
        {
            context.Timers.Cancel(TimerOf(app));
        }
    }

    /// <summary>The timer is due: says what there is to say, or waits for its slot first.</summary>
    public void Look(PathId app)
    {
        if (!_reports.TryGetValue(app, out var report) || launcher.Find(app) is not { } item)
        {
            return;
        }

        if (!report.HasSlot && _nextSlot > context.Now)
        {
            report.HasSlot = true;
            context.Timers.Set(TimerOf(app), _nextSlot);
            _nextSlot += Slot;
            return;
        }

        if (!report.HasSlot)
        {
            _nextSlot = context.Now + Slot;
        }

        report.HasSlot = false;
        context.Timers.Set(TimerOf(app), context.Now + Pause);
        if (report.Told is not { } told || context.Now - report.ToldAt >= Repeat || !IsSame(told, item.Unmet))
        {
            report.Told = item.Unmet;
            report.ToldAt = context.Now;
            context.Publish(new MarathonEvent.InstancesWaiting(context.Now, item));
        }
    }

    private static bool IsSame(ImmutableArray<UnmetNeed> told, ImmutableArray<UnmetNeed> now) =>
        told.Length == now.Length && told.All(need => now.Any(need.IsSameAs));

    private static TimerKey TimerOf(PathId app) => new(TimerKind.WaitingReport, app.Text);

    private sealed class Report
    {
        public ImmutableArray<UnmetNeed>? Told { get; set; }

        public DateTimeOffset ToldAt { get; set; }

        /// <summary>Its turn among those that speak together has come.</summary>
        public bool HasSlot { get; set; }
    }
}
