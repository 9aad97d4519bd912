namespace Plenum.Agent.Tests.Server;

/// <summary>The machine's time, but for timers of one length: those fire when the test says so and never by themselves.</summary>
/// <param name="held">Their length. No two things under test may share it.</param>
internal sealed class HeldTimers(TimeSpan held) : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly HashSet<Held> _timers = [];
    private TaskCompletionSource _waits = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when something waits for that length, which may be a moment after what it waits for began.</summary>
    public Task WaitedForAsync()
    {
        lock (_lock)
        {
            if (_timers.Count == 0 && _waits.Task.IsCompleted)
            {
                _waits = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return _waits.Task.WaitAsync(Patience.Limit);
        }
    }

    /// <summary>As if that length had passed for all that wait now.</summary>
    public void Fire()
    {
        Held[] due;
        lock (_lock)
        {
            due = [.. _timers];
        }

        foreach (var timer in due)
        {
            timer.Fire();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime != held)
        {
            return base.CreateTimer(callback, state, dueTime, period);
        }

        var timer = new Held(this, () => callback(state));
        lock (_lock)
        {
            _timers.Add(timer);
            _waits.TrySetResult();
        }

        return timer;
    }

    private sealed class Held(HeldTimers clock, Action callback) : ITimer
    {
        public void Fire() => callback();

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
            lock (clock._lock)
            {
                clock._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
