using Plenum.Kernel.Commands;
using static Plenum.Kernel.Tests.Allocation.QuotaCalls;

namespace Plenum.Kernel.Tests.Allocation;

/// <summary>Only the agents that an operator lists are offered: reference section 5.4, step 1.</summary>
public sealed class WhitelistTests
{
    [Fact]
    public void Only_agents_on_the_list_are_offered_until_it_is_lifted()
    {
        var cluster = new TestCluster();
        cluster.Apply(new KernelCommand.UseWhitelist(["B.example"]));
        cluster.AddAgent(hostname: "a.example");
        cluster.AddAgent(hostname: "b.example");
        var framework = cluster.AddFramework();
        cluster.Advance(TimeSpan.FromSeconds(3));
        framework.Offers.Select(offer => offer.Hostname).ShouldBe(["b.example"]);

        cluster.Apply(new KernelCommand.UseWhitelist(null));
        cluster.Settle();
        framework.Offers.Count.ShouldBe(1, "a new list waits for the interval");
        cluster.Advance(TimeSpan.FromSeconds(1));
        framework.Offers.Select(offer => offer.Hostname).ShouldBe(["b.example", "a.example"]);
    }

    [Fact]
    public void An_offer_that_stands_is_left_alone_when_its_agent_leaves_the_list()
    {
        var cluster = new TestCluster();
        cluster.AddAgent();
        var framework = cluster.AddFramework();
        var offer = framework.TakeOffer();
        cluster.Apply(new KernelCommand.UseWhitelist([]));
        framework.Launch(offer, 0, TestFramework.Task(offer, "t1"));
        cluster.Advance(TimeSpan.FromSeconds(3));
        cluster.Snapshot.Tasks.Count.ShouldBe(1);
        framework.Offers.Count.ShouldBe(1, "an empty list admits nobody");
    }

    [Fact]
    public void What_an_agent_off_the_list_has_is_not_kept_for_guarantees()
    {
        var cluster = new TestCluster();
        cluster.AddAgent("cpus:4;mem:1024", "a.example");
        cluster.AddAgent("cpus:4;mem:1024", "b.example");
        Update(cluster, Config("prod", "cpus:4")).ShouldBeNull();
        cluster.Apply(new KernelCommand.UseWhitelist(["a.example"]));
        var framework = cluster.Subscribe(TestFramework.InRoles("fw", "dev"));
        cluster.Advance(TimeSpan.FromSeconds(2));
        Sum(framework, "cpus").ShouldBe(0, "the four of a.example are promised, those of b.example are not on offer");
    }
}
