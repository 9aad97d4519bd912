using Plenum.Kernel.Allocation;

namespace Plenum.Kernel.Tests.Allocation;

/// <summary>The random sorter, and who goes behind the others: reference sections 5.3 and 8.1.</summary>
public sealed class SorterTests
{
    [Fact]
    public void The_lot_gives_a_heavier_role_more_often_the_first_place()
    {
        var counts = Draw(o => o with
        {
            RoleSorter = SorterKind.Random,
            Weights = new Dictionary<string, double>(StringComparer.Ordinal) { ["a"] = 3 },
        });

        // 3:1 of 400: six standard deviations are 52.
        counts["a"].ShouldBeInRange(248, 352);
        (counts["a"] + counts["b"]).ShouldBe(400);
    }

    [Fact]
    public void The_lot_among_frameworks_does_not_look_at_what_they_hold()
    {
        var cluster = new TestCluster(o => o with { FrameworkSorter = SorterKind.Random });
        var all = Enumerable.Range(0, 4).Select(i => cluster.AddFramework($"fw{i}")).ToList();
        for (var i = 0; i < 400; i++)
        {
            cluster.AddAgent(hostname: $"h{i}");
        }

        cluster.Settle();
        all.Sum(framework => framework.Offers.Count).ShouldBe(400);
        all.ShouldAllBe(framework => framework.Offers.Count > 48 && framework.Offers.Count < 152);
        all.Select(framework => framework.Offers.Count).ShouldNotBe([100, 100, 100, 100]);
    }

    [Fact]
    public void A_framework_that_lets_its_offer_expire_goes_behind_one_that_answers()
    {
        var cluster = new TestCluster(o => o with { OfferTimeout = TimeSpan.FromSeconds(30) });
        cluster.AddAgent();
        var silent = cluster.AddFramework("silent");
        silent.TakeOffer();
        var other = cluster.AddFramework("other");
        cluster.Advance(TimeSpan.FromSeconds(29));
        other.Offers.ShouldBeEmpty();

        cluster.Advance(TimeSpan.FromSeconds(2));
        silent.Rescinded.Count.ShouldBe(1);
        silent.Offers.Count.ShouldBe(1);
        other.Offers.Count.ShouldBe(1);
    }

    [Fact]
    public void While_others_want_offers_a_silent_framework_never_holds_more_than_half_of_an_agent()
    {
        var cluster = new TestCluster(o => o with { OfferTimeout = TimeSpan.FromSeconds(30) });
        cluster.AddAgent("cpus:4;mem:4096");
        var silent = cluster.AddFramework("silent");
        silent.TakeOffer();
        var picky = cluster.AddFramework("picky");
        cluster.Advance(TimeSpan.FromSeconds(31));
        picky.Decline(picky.TakeOffer(), 3600);
        silent.Forget();
        cluster.Advance(TimeSpan.FromSeconds(5));

        silent.Offers.ShouldHaveSingleItem().Resources.Single(r => r.Name == "cpus").Scalar.Value.ShouldBe(2);

        // Any answer makes it one of the others again.
        silent.Decline(silent.Offers[0], 0);
        cluster.Advance(TimeSpan.FromSeconds(2));
        silent.Offers[^1].Resources.Single(r => r.Name == "cpus").Scalar.Value.ShouldBe(4);
    }

    [Fact]
    public void A_silent_framework_that_is_alone_gets_everything_again()
    {
        var cluster = new TestCluster(o => o with { OfferTimeout = TimeSpan.FromSeconds(30) });
        cluster.AddAgent("cpus:4;mem:4096");
        var silent = cluster.AddFramework("silent");
        silent.TakeOffer();
        cluster.Advance(TimeSpan.FromSeconds(32));
        silent.Offers.Count.ShouldBe(2);
        silent.Offers[^1].Resources.Single(r => r.Name == "cpus").Scalar.Value.ShouldBe(4);
    }

    private static Dictionary<string, int> Draw(Func<KernelOptions, KernelOptions> configure)
    {
        var cluster = new TestCluster(configure);
        var frameworks = new[] { "a", "b" }.ToDictionary(
            role => role, role => cluster.Subscribe(TestFramework.InRoles(role, role)), StringComparer.Ordinal);
        for (var i = 0; i < 400; i++)
        {
            cluster.AddAgent(hostname: $"h{i}");
        }

        cluster.Settle();
        return frameworks.ToDictionary(pair => pair.Key, pair => pair.Value.Offers.Count, StringComparer.Ordinal);
    }
}
