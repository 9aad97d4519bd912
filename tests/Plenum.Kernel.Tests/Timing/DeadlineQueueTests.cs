using Plenum.Kernel.Timing;

namespace Plenum.Kernel.Tests.Timing;

public sealed class DeadlineQueueTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Cancelled_deadlines_of_the_far_future_do_not_pile_up()
    {
        // A framework that may be away for a year loses its stream a hundred thousand times.
        var generation = 0;
        var queue = new DeadlineQueue(deadline => deadline.Generation == generation);
        for (var i = 0; i < 100_000; i++)
        {
            queue.Set(DeadlineKind.FrameworkFailover, this, ++generation, Start.AddDays(365).AddSeconds(i));
        }

        queue.Count.ShouldBeLessThan(2_000);
        queue.TryTakeDue(DateTimeOffset.MaxValue, out _).ShouldBeTrue();
    }

    [Fact]
    public void What_is_live_stays_and_comes_in_its_order_through_any_sweep()
    {
        var live = new HashSet<int>();
        var queue = new DeadlineQueue(deadline => live.Contains(deadline.Generation));
        var random = new Random(1);
        var expected = new List<(int Ticks, int Order)>();
        for (var i = 0; i < 20_000; i++)
        {
            // Many at the same moment: those come in the order they were set.
            var ticks = random.Next(50);
            if (i % 5 == 0)
            {
                live.Add(i);
                expected.Add((ticks, i));
            }

            queue.Set(DeadlineKind.AgentPing, null, i, Start.AddTicks(ticks));
        }

        var taken = new List<int>();
        while (queue.TryTakeDue(Start.AddDays(1), out var deadline))
        {
            if (live.Contains(deadline.Generation))
            {
                taken.Add(deadline.Generation);
            }
        }

        taken.ShouldBe(expected.Order().Select(entry => entry.Order));
    }
}
