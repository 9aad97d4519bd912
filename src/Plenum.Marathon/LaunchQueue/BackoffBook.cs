using System.Runtime.InteropServices;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Persistence;

namespace Plenum.Marathon.LaunchQueue;

/// <summary>Pauses by service. Unlike Marathon's they are stored: a crash loop must not start afresh with every failover.</summary>
internal sealed class BackoffBook(CoreContext context)
{
    private readonly Dictionary<Key, Backoff> _backoffs = [];

    /// <summary>Until when nothing of the definition is started; not later than now when it may.</summary>
    public DateTimeOffset Until(RunSpec app) =>
        _backoffs.TryGetValue(KeyOf(app), out var backoff) ? backoff.Until : DateTimeOffset.MinValue;

    public bool IsDelayed(RunSpec app) => Until(app) > context.Now;

    public void Failed(RunSpec app)
    {
        var next = Backoff.After(
            _backoffs.GetValueOrDefault(KeyOf(app)),
            app.BackoffSeconds,
            app.BackoffFactor,
            app.MaxLaunchDelaySeconds,
            context.Now);
        Set(KeyOf(app), next);
    }

    /// <summary>A start got further: the size of the pause stays, and counts from now.</summary>
    public void Progressed(RunSpec app)
    {
        var key = KeyOf(app);
        if (!_backoffs.TryGetValue(key, out var backoff))
        {
            return;
        }

        if (Backoff.IsForgotten(backoff, app.MaxLaunchDelaySeconds, context.Now))
        {
            Reset(app);
            return;
        }

        // In memory only: losing it makes a pause end earlier by no more than the age of the last start.
        _backoffs[key] = backoff with { Reference = context.Now };
        context.QueueTouched.Add(app.Id);
        context.Timers.Set(TimerOf(key), context.Now + backoff.Delay);
    }

    public void Reset(RunSpec app) => Reset(KeyOf(app));

    /// <summary>Whatever of the service it was.</summary>
    public void Reset(PathId app)
    {
        Reset(new Key(app, IsHeld: false));
        Reset(new Key(app, IsHeld: true));
    }

    /// <summary>No instance of before the update starts any more.</summary>
    public void ResetHeld(PathId app) => Reset(new Key(app, IsHeld: true));

    public void Restore(PathId app, Backoff backoff)
    {
        var key = new Key(app, IsHeld: false);
        _backoffs[key] = backoff;
        context.Timers.Set(TimerOf(key), backoff.Until);
    }

    private static Key KeyOf(RunSpec app) => new(
        app.Id,
        app.VersionInfo is { Undone: { IsEmpty: false } undone } && undone[^1].Before == Timestamp.Never);

    private static TimerKey TimerOf(Key key) => new(TimerKind.BackoffOver, key.App.Text, key.IsHeld ? 1 : 0);

    private void Reset(Key key)
    {
        if (_backoffs.Remove(key))
        {
            context.QueueTouched.Add(key.App);
            context.Timers.Cancel(TimerOf(key));
            if (!key.IsHeld)
            {
                context.Write(StoreKeys.Backoff(key.App), null);
            }
        }
    }

    private void Set(Key key, Backoff backoff)
    {
        _backoffs[key] = backoff;
        context.QueueTouched.Add(key.App);
        context.Timers.Set(TimerOf(key), backoff.Until);
        if (!key.IsHeld)
        {
            context.Write(StoreKeys.Backoff(key.App), StoredJson.Write(backoff));
        }
    }

    /// <summary>
    /// What an update has not replaced yet has a pause of its own: canaries that keep ending must not hold back the old
    /// ones that serve. That one is in memory only.
    /// </summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Key(PathId App, bool IsHeld);
}
