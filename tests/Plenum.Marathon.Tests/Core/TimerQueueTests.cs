using Plenum.Marathon.Core;

namespace Plenum.Marathon.Tests.Core;

public sealed class TimerQueueTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;

    [Fact]
    public void A_moved_timer_fires_once_at_its_new_time_and_a_cancelled_one_never()
    {
        var timers = new TimerQueue();
        var moved = new TimerKey(TimerKind.Revive, "a");
        var cancelled = new TimerKey(TimerKind.Revive, "b");
        timers.Set(moved, Start.AddSeconds(1));
        timers.Set(moved, Start.AddSeconds(5));
        timers.Set(cancelled, Start.AddSeconds(2));
        timers.Cancel(cancelled);

        timers.NextDeadline.ShouldBe(Start.AddSeconds(5));
        timers.TryTakeDue(Start.AddSeconds(4), out _).ShouldBeFalse();
        timers.TryTakeDue(Start.AddSeconds(5), out var due).ShouldBeTrue();
        due.ShouldBe(moved);
        timers.TryTakeDue(Start.AddSeconds(100), out _).ShouldBeFalse();
        timers.NextDeadline.ShouldBeNull();
    }
}
