using Plenum.Marathon.Events;

namespace Plenum.Marathon.Tests.Events;

public sealed class EventHubTests
{
    [Fact]
    public void A_reader_that_is_too_slow_is_cut_off_after_what_it_had_and_others_go_on()
    {
        var hub = new EventHub();
        using var slow = hub.Subscribe(2);
        using var fast = hub.Subscribe(100);
        for (var i = 0; i < 5; i++)
        {
            hub.Publish(Event(i));
        }

        slow.TooSlow.ShouldBeTrue();
        Drain(slow).ShouldBe([0, 1]);
        slow.Events.Completion.IsCompleted.ShouldBeTrue();
        fast.TooSlow.ShouldBeFalse();
        Drain(fast).ShouldBe([0, 1, 2, 3, 4]);
    }

    [Fact]
    public void Closing_ends_every_stream_and_later_ones_at_once()
    {
        var hub = new EventHub();
        using var open = hub.Subscribe(1);
        hub.Close();
        using var late = hub.Subscribe(1);
        open.Events.Completion.IsCompleted.ShouldBeTrue();
        late.Events.Completion.IsCompleted.ShouldBeTrue();
        open.TooSlow.ShouldBeFalse();
    }

    private static MarathonEvent Event(int number) =>
        new MarathonEvent.StreamAttached(DateTimeOffset.UnixEpoch.AddSeconds(number), "");

    private static List<long> Drain(EventSubscription<MarathonEvent> subscription)
    {
        var seen = new List<long>();
        while (subscription.Events.TryRead(out var happened))
        {
            seen.Add(happened.Timestamp.ToUnixTimeSeconds());
        }

        return seen;
    }
}
