using Plenum.Kernel.Offers;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;

namespace Plenum.Kernel.Tests.Offers;

public sealed class OfferFilterTests
{
    private static readonly DateTimeOffset Start = TestCluster.Start;

    [Fact]
    public void Only_refusals_that_hold_are_counted()
    {
        var filters = new OfferFilters();
        filters.Refuse(new AgentId("a"), ResourceSet.Parse("cpus:1"), Start.AddSeconds(5));
        filters.Refuse(new AgentId("a"), ResourceSet.Parse("mem:64"), Start.AddSeconds(10));
        filters.Refuse(new AgentId("b"), ResourceSet.Parse("cpus:1"), Start.AddSeconds(10));
        filters.CountAt(Start).ShouldBe(3);

        filters.Refuse(new AgentId("b"), ResourceSet.Parse("cpus:2"), Start.AddSeconds(20));
        filters.CountAt(Start).ShouldBe(3, "the larger refusal covers the smaller");
        filters.CountAt(Start.AddSeconds(5)).ShouldBe(2);
        filters.CountAt(Start.AddSeconds(10)).ShouldBe(1);
        filters.CountAt(Start.AddSeconds(20)).ShouldBe(0);
        filters.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void However_a_refusal_ends_the_count_is_that_of_those_left()
    {
        var chance = new System.Random(7);
        var filters = new OfferFilters();
        var now = Start;
        for (var i = 0; i < 5000; i++)
        {
            var agent = new AgentId($"a{chance.Next(20)}");
            switch (chance.Next(12))
            {
                case 0: now += TimeSpan.FromSeconds(chance.Next(4)); break;
                case 1: filters.Forget(agent); break;
                case 2: filters.Blocks(agent, ResourceSet.Parse("cpus:1"), now); break;
                case 3 when i % 500 == 0: filters.Clear(); break;
                default:
                    filters.Refuse(agent, ResourceSet.Parse($"cpus:{chance.Next(1, 9)};mem:{chance.Next(1, 9)}"), now.AddSeconds(chance.Next(1, 60)));
                    break;
            }

            filters.CountAt(now).ShouldBeInRange(0, 20 * 8);
        }

        filters.CountAt(now.AddMinutes(2)).ShouldBe(0);
        filters.IsEmpty.ShouldBeTrue();
    }
}
