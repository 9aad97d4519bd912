using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Http.Time;

namespace Plenum.Master.Tests.Time;

public sealed class SteadyTimeTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly SetMachine _machine = new(Start);
    private readonly SteadyTime _time;

    public SteadyTimeTests() => _time = new SteadyTime(_machine, NullLogger.Instance);

    [Fact]
    public void While_nobody_sets_the_clock_it_is_the_machines()
    {
        _machine.Pass(TimeSpan.FromSeconds(75));
        _time.GetUtcNow().ShouldBe(Start + TimeSpan.FromSeconds(75));
        _time.GetTimestamp().ShouldBe(_machine.GetTimestamp());
    }

    [Theory]
    [InlineData(3)]
    [InlineData(-3)]
    public void A_clock_that_is_set_by_hours_makes_no_deadline_due_and_none_late(int hours)
    {
        var deadline = _time.GetUtcNow() + TimeSpan.FromSeconds(75);
        _machine.Step(TimeSpan.FromHours(hours));
        _time.GetUtcNow().ShouldBe(Start);

        _machine.Pass(TimeSpan.FromSeconds(71));
        _time.GetUtcNow().ShouldBeLessThan(deadline);
        _machine.Pass(TimeSpan.FromSeconds(8));
        _time.GetUtcNow().ShouldBeGreaterThan(deadline);
    }

    [Fact]
    public void Time_never_runs_backwards_and_comes_to_agree_with_the_machine()
    {
        _machine.Step(TimeSpan.FromMinutes(-1));
        var last = _time.GetUtcNow();
        for (var second = 0; second < 20 * 60; second++)
        {
            _machine.Pass(TimeSpan.FromSeconds(1));
            var now = _time.GetUtcNow();
            now.ShouldBeGreaterThan(last);
            last = now;
        }

        last.ShouldBe(_machine.GetUtcNow());
    }

    [Fact]
    public void How_far_the_wall_clock_is_away_is_told_only_when_that_takes_long_to_make_up()
    {
        _machine.Step(TimeSpan.FromMinutes(-4));
        _time.GetUtcNow();
        _time.WallClockAhead.ShouldBe(TimeSpan.Zero);

        _machine.Step(TimeSpan.FromHours(3));
        var now = _time.GetUtcNow();
        (now + _time.WallClockAhead).ShouldBe(_machine.GetUtcNow());

        _machine.Pass(TimeSpan.FromDays(4));
        _time.GetUtcNow();
        _time.WallClockAhead.ShouldBe(TimeSpan.Zero, "made up");
    }

    [Theory]
    [InlineData(6)]
    [InlineData(-6)]
    public void Times_that_are_reported_keep_to_the_wall_clock_until_all_is_made_up(int minutes)
    {
        _machine.Step(TimeSpan.FromMinutes(minutes));
        for (var minute = 0; minute < 150; minute++)
        {
            _machine.Pass(TimeSpan.FromMinutes(1));
            var now = _time.GetUtcNow();
            (_machine.GetUtcNow() - (now + _time.WallClockAhead)).Duration().ShouldBeLessThanOrEqualTo(SteadyTime.NotableStep);
        }

        _time.WallClockAhead.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void What_NTP_corrects_in_passing_is_followed_at_once()
    {
        _machine.Pass(TimeSpan.FromSeconds(10));
        _machine.Step(TimeSpan.FromMilliseconds(20));
        _time.GetUtcNow().ShouldBe(_machine.GetUtcNow());
    }

    /// <summary>A machine whose two clocks the test moves: one always, the other also by itself.</summary>
    private sealed class SetMachine(DateTimeOffset start) : TimeProvider
    {
        private DateTimeOffset _wall = start;
        private long _ticks = 1_000;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Pass(TimeSpan time)
        {
            _wall += time;
            _ticks += time.Ticks;
        }

        public void Step(TimeSpan by) => _wall += by;

        public override DateTimeOffset GetUtcNow() => _wall;

        public override long GetTimestamp() => _ticks;
    }
}
