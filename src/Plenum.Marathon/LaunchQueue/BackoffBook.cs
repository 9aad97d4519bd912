using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Persistence;

namespace Plenum.Marathon.LaunchQueue;

/// <summary>Pauses by service. Unlike Marathon's they are stored: a crash loop must not start afresh with every failover.</summary>
internal sealed class BackoffBook(CoreContext context)
{
    private readonly Dictionary<PathId, Backoff> _backoffs = [];

    /// <summary>Until when nothing of the service is started; not later than now when it may.</summary>
    public DateTimeOffset Until(PathId app) =>
        _backoffs.TryGetValue(app, out var backoff) ? backoff.Until : DateTimeOffset.MinValue;

    public bool IsDelayed(PathId app) => Until(app) > context.Now;

    public void Failed(RunSpec app)
    {
        var next = Backoff.After(
            _backoffs.GetValueOrDefault(app.Id),
            app.BackoffSeconds,
            app.BackoffFactor,
            app.MaxLaunchDelaySeconds,
            context.Now);
        Set(app.Id, next);
        context.Timers.Set(new TimerKey(TimerKind.BackoffOver, app.Id.Text), next.Until);
    }

    /// <summary>A start got further: the size of the pause stays, and counts from now.</summary>
    public void Progressed(RunSpec app)
    {
        if (!_backoffs.TryGetValue(app.Id, out var backoff))
        {
            return;
        }

        if (Backoff.IsForgotten(backoff, app.MaxLaunchDelaySeconds, context.Now))
        {
            Reset(app.Id);
            return;
        }

        // In memory only: losing it makes a pause end earlier by no more than the age of the last start.
        _backoffs[app.Id] = backoff with { Reference = context.Now };
        context.QueueTouched.Add(app.Id);
        context.Timers.Set(new TimerKey(TimerKind.BackoffOver, app.Id.Text), context.Now + backoff.Delay);
    }

    public void Reset(PathId app)
    {
        if (_backoffs.Remove(app))
        {
            context.QueueTouched.Add(app);
            context.Write(StoreKeys.Backoff(app), null);
            context.Timers.Cancel(new TimerKey(TimerKind.BackoffOver, app.Text));
        }
    }

    public void Restore(PathId app, Backoff backoff)
    {
        _backoffs[app] = backoff;
        context.Timers.Set(new TimerKey(TimerKind.BackoffOver, app.Text), backoff.Until);
    }

    private void Set(PathId app, Backoff backoff)
    {
        _backoffs[app] = backoff;
        context.QueueTouched.Add(app);
        context.Write(StoreKeys.Backoff(app), StoredJson.Write(backoff));
    }
}
