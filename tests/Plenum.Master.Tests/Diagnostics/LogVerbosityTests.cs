using Plenum.Http.Diagnostics;

namespace Plenum.Master.Tests.Diagnostics;

public sealed class LogVerbosityTests
{
    private readonly HandClock _clock = new();

    [Fact]
    public void A_timer_of_the_level_before_does_not_take_away_the_one_just_set()
    {
        using var verbosity = new LogVerbosity(_clock);
        verbosity.Set(1, TimeSpan.FromSeconds(1));
        _clock.Now += TimeSpan.FromSeconds(1);

        // The timer has run out and is about to call, when an operator sets another level.
        verbosity.Set(2, TimeSpan.FromHours(1));
        _clock.Fire();
        verbosity.Level.ShouldBe(2U);
        _clock.Due.ShouldBe(TimeSpan.FromHours(1), "the timer still runs for the new one");
        _clock.Now += TimeSpan.FromHours(1);
        _clock.Fire();
        verbosity.Level.ShouldBe(0U);
    }

    [Fact]
    public void A_timer_that_calls_a_little_early_is_set_once_more()
    {
        using var verbosity = new LogVerbosity(_clock);
        verbosity.Set(1, TimeSpan.FromSeconds(1));
        _clock.Now += TimeSpan.FromMilliseconds(999.7);
        _clock.Fire();
        verbosity.Level.ShouldBe(1U);
        _clock.Due.ShouldBe(TimeSpan.FromMilliseconds(1), "timers count whole milliseconds");
        _clock.Now += TimeSpan.FromMilliseconds(1);
        _clock.Fire();
        verbosity.Level.ShouldBe(0U);
    }

    [Fact]
    public void A_late_timer_leaves_the_usual_level_as_it_is()
    {
        using var verbosity = new LogVerbosity(_clock);
        verbosity.Set(1, TimeSpan.FromSeconds(1));
        verbosity.Set(0, TimeSpan.FromHours(1));
        _clock.Fire();
        verbosity.Level.ShouldBe(0U);
        _clock.Due.ShouldBe(Timeout.InfiniteTimeSpan);
    }

    /// <summary>A clock that stands, and one timer that calls when the test says so.</summary>
    private sealed class HandClock : TimeProvider
    {
        private Action? _call;

        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

        public TimeSpan Due { get; private set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Fire() => _call!();

        public override DateTimeOffset GetUtcNow() => Now;

        public override long GetTimestamp() => Now.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _call = () => callback(state);
            Due = dueTime;
            return new HandTimer(this);
        }

        private sealed class HandTimer(HandClock clock) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                clock.Due = dueTime;
                return true;
            }

            public void Dispose() => clock.Due = Timeout.InfiniteTimeSpan;

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
