using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Capability = Plenum.Protocol.V1.FrameworkInfo.Types.Capability.Types.Type;

namespace Plenum.Kernel.Tests.Offers;

public sealed class OfferTests
{
    [Fact]
    public void A_refusal_holds_for_five_seconds_when_the_framework_does_not_say()
    {
        var cluster = new TestCluster();
        cluster.AddAgent();
        var framework = cluster.AddFramework();
        framework.Decline(framework.TakeOffer());

        cluster.Advance(TimeSpan.FromSeconds(4.9));
        framework.Offers.Count.ShouldBe(1);
        cluster.Advance(TimeSpan.FromSeconds(1.1));
        framework.Offers.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(double.NaN, 4.0, 7.0)]
    [InlineData(-1.0, 4.0, 7.0)]
    [InlineData(0.001, 0.5, 2.1)]
    [InlineData(30.0, 29.0, 32.0)]
    public void Odd_refusal_times_follow_the_rules(double refuse, double stillHeld, double overBy)
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework();
        framework.Decline(framework.TakeOffer(), refuse);

        Quietly(cluster, agent, framework, stillHeld);
        framework.Offers.Count.ShouldBe(1);
        Quietly(cluster, agent, framework, overBy - stillHeld);
        framework.Offers.Count.ShouldBe(2);
    }

    [Fact]
    public void No_refusal_holds_longer_than_a_year()
    {
        Plenum.Kernel.Offers.RefusalTime.Of(new Filters { RefuseSeconds = double.MaxValue }, TimeSpan.FromSeconds(1))
            .ShouldBe(TimeSpan.FromDays(365));
        Plenum.Kernel.Offers.RefusalTime.Of(new Filters { RefuseSeconds = 0 }, TimeSpan.FromSeconds(1)).ShouldBeNull();
    }

    [Fact]
    public void The_unused_part_of_an_accept_is_refused_like_a_declined_offer()
    {
        var cluster = new TestCluster();
        cluster.AddAgent();
        var framework = cluster.AddFramework();
        var offer = framework.TakeOffer();

        framework.Launch(offer, TestFramework.Task(offer, "t1"));
        cluster.Advance(TimeSpan.FromSeconds(4.5));
        framework.Offers.Count.ShouldBe(1);
        cluster.Advance(TimeSpan.FromSeconds(1.5));
        framework.Offers.Count.ShouldBe(2);
    }

    [Fact]
    public void A_refusal_blocks_what_is_inside_it_and_lets_a_larger_offer_pass()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent("cpus:4;mem:4096");
        var framework = cluster.AddFramework();
        var offer = framework.TakeOffer();
        framework.Launch(offer, 3600, TestFramework.Task(offer, "t1", "cpus:3;mem:1024"));
        cluster.Advance(TimeSpan.FromSeconds(10));
        framework.Offers.Count.ShouldBe(1);

        agent.Update(framework, "t1", TaskState.TaskFinished);
        cluster.Advance(TimeSpan.FromSeconds(1));

        framework.Offers.Count.ShouldBe(2);
        ResourceSet.FromWire(framework.Offers[^1].Resources).ShouldBe(ResourceSet.Parse("cpus:4;mem:4096"));
    }

    [Fact]
    public void Another_framework_gets_what_one_refused()
    {
        var cluster = new TestCluster();
        cluster.AddAgent();
        var first = cluster.AddFramework("first");
        var offer = first.TakeOffer();
        var second = cluster.AddFramework("second");
        cluster.Settle();
        second.Offers.ShouldBeEmpty();

        first.Decline(offer);
        cluster.Advance(TimeSpan.FromSeconds(1));

        second.Offers.Count.ShouldBe(1);
    }

    [Fact]
    public void Revive_clears_the_filters_and_asks_for_offers_at_once()
    {
        var cluster = new TestCluster();
        cluster.AddAgent();
        var framework = cluster.AddFramework();
        framework.Decline(framework.TakeOffer(), 3600);

        framework.Revive();
        cluster.Settle();

        framework.Offers.Count.ShouldBe(2);
    }

    [Fact]
    public void Suppressed_roles_get_nothing_until_revived_and_keep_what_they_hold()
    {
        var cluster = new TestCluster();
        cluster.AddAgent();
        var framework = cluster.AddFramework();
        var held = framework.TakeOffer();

        framework.Suppress();
        cluster.AddAgent(hostname: "b.example");
        cluster.Advance(TimeSpan.FromSeconds(3));
        framework.Offers.ShouldBe([held]);
        framework.Rescinded.ShouldBeEmpty();

        framework.Revive();
        cluster.Settle();
        framework.Offers.Count.ShouldBe(2);
    }

    [Fact]
    public void A_call_with_a_role_that_is_not_the_frameworks_is_dropped_whole()
    {
        var cluster = new TestCluster();
        var framework = cluster.Subscribe(TestFramework.InRoles("fw", "a", "b"));

        framework.Suppress("a", "stranger");
        cluster.AddAgent();
        cluster.Settle();

        framework.Offers.Count.ShouldBe(1);
    }

    [Fact]
    public void Roles_suppressed_at_subscription_are_the_whole_set()
    {
        var cluster = new TestCluster();
        cluster.AddAgent();
        var framework = cluster.Subscribe(TestFramework.InRoles("fw", "a"), "a");
        cluster.Advance(TimeSpan.FromSeconds(2));
        framework.Offers.ShouldBeEmpty();

        framework.Resubscribe();
        cluster.Settle();
        framework.Offers.Count.ShouldBe(1);
    }

    [Fact]
    public void An_offer_that_outlives_its_time_is_rescinded_and_made_again()
    {
        var cluster = new TestCluster(o => o with { OfferTimeout = TimeSpan.FromSeconds(30) });
        cluster.AddAgent();
        var framework = cluster.AddFramework();
        var offer = framework.TakeOffer();

        cluster.Advance(TimeSpan.FromSeconds(30));

        framework.Rescinded.ShouldBe([offer.Id.Value]);
        cluster.Advance(TimeSpan.FromSeconds(1));
        framework.Offers.Count.ShouldBe(2);
    }

    [Fact]
    public void Crumbs_are_not_offered()
    {
        var cluster = new TestCluster();
        cluster.AddAgent("cpus:4;mem:1024");
        var framework = cluster.AddFramework();
        var offer = framework.TakeOffer();

        framework.Launch(offer, 0, TestFramework.Task(offer, "t1", "cpus:3.995;mem:1000"));
        cluster.Advance(TimeSpan.FromSeconds(5));

        framework.Offers.Count.ShouldBe(1);
    }

    [Fact]
    public void Allocation_info_is_only_for_frameworks_with_several_roles()
    {
        var cluster = new TestCluster();
        cluster.AddAgent();
        var plain = cluster.AddFramework();
        plain.TakeOffer().AllocationInfo.ShouldBeNull();
        plain.Offers[0].Resources.ShouldAllBe(resource => resource.AllocationInfo == null);

        cluster.AddAgent(hostname: "b.example");
        plain.Suppress();
        var several = cluster.Subscribe(TestFramework.InRoles("several", "dev"));
        plain.Decline(plain.Offers[^1], 3600);
        cluster.Advance(TimeSpan.FromSeconds(1));
        several.Offers[^1].AllocationInfo.Role.ShouldBe("dev");
        several.Offers[^1].Resources.ShouldAllBe(resource => resource.AllocationInfo.Role == "dev");
    }

    [Fact]
    public void Reservations_are_written_the_way_the_framework_reads_them()
    {
        var cluster = new TestCluster();
        cluster.AddAgent("cpus(dev):2;cpus:1;mem:512");
        var old = TestFramework.Describe("old");
        old.Role = "dev";
        var framework = cluster.Subscribe(old);
        var reserved = framework.TakeOffer().Resources.Single(resource => resource.Scalar.Value == 2);
        (reserved.Role, reserved.Reservations.Count).ShouldBe(("dev", 0));

        framework.Decline(framework.Offers[0], 3600);
        var modern = TestFramework.Describe("modern", Capability.ReservationRefinement);
        modern.Role = "dev";
        var second = cluster.Subscribe(modern);
        reserved = second.TakeOffer().Resources.Single(resource => resource.Scalar.Value == 2);
        (reserved.HasRole, reserved.Reservations.Single().Role).ShouldBe((false, "dev"));
    }

    [Fact]
    public void What_is_reserved_to_one_role_is_never_offered_to_another()
    {
        var cluster = new TestCluster();
        cluster.AddAgent("cpus(dev):2;cpus:1;mem:512");
        var framework = cluster.AddFramework();

        ResourceSet.FromWire(framework.TakeOffer().Resources).ShouldBe(ResourceSet.Parse("cpus:1;mem:512"));
    }

    [Fact]
    public void Agents_with_gpus_are_kept_for_frameworks_that_know_them()
    {
        var cluster = new TestCluster();
        cluster.AddAgent("cpus:4;mem:1024;gpus:1");
        var plain = cluster.AddFramework("plain");
        cluster.Advance(TimeSpan.FromSeconds(2));
        plain.Offers.ShouldBeEmpty();

        cluster.AddFramework("gpu", Capability.GpuResources).TakeOffer().ShouldNotBeNull();
    }

    // Keeps agent and framework alive over a long time without pings piling up in the test.
    private static void Quietly(TestCluster cluster, TestAgent agent, TestFramework framework, double seconds)
    {
        framework.Id.Value.ShouldNotBeEmpty();
        for (var left = seconds; left > 0; left -= 60)
        {
            cluster.Advance(TimeSpan.FromSeconds(Math.Min(60, left)));
            agent.Say(new Protocol.Link.V1.AgentMessage { Pong = new Protocol.Link.V1.AgentMessage.Types.Pong() });
        }
    }
}
