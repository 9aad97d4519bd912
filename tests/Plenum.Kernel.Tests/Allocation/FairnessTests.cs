using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Kernel.Tests.Allocation;

public sealed class FairnessTests
{
    [Fact]
    public void Equal_roles_share_the_cluster_equally()
    {
        var counts = Allocate(agents: 30, new Dictionary<string, double>(), "a", "b", "c");

        counts.ShouldBe(new Dictionary<string, int> { ["a"] = 10, ["b"] = 10, ["c"] = 10 }, ignoreOrder: true);
    }

    [Fact]
    public void A_role_with_twice_the_weight_gets_twice_as_much()
    {
        var counts = Allocate(agents: 30, new Dictionary<string, double> { ["a"] = 2 }, "a", "b");

        counts.ShouldBe(new Dictionary<string, int> { ["a"] = 20, ["b"] = 10 }, ignoreOrder: true);
    }

    [Fact]
    public void Children_share_what_their_parent_gets()
    {
        var counts = Allocate(agents: 40, new Dictionary<string, double>(), "eng/x", "eng/y", "ops");

        counts.ShouldBe(new Dictionary<string, int> { ["eng/x"] = 10, ["eng/y"] = 10, ["ops"] = 20 }, ignoreOrder: true);
    }

    [Fact]
    public void A_parent_that_is_a_role_itself_competes_with_its_children()
    {
        var counts = Allocate(agents: 40, new Dictionary<string, double>(), "eng", "eng/x", "ops");

        counts.ShouldBe(new Dictionary<string, int> { ["eng"] = 10, ["eng/x"] = 10, ["ops"] = 20 }, ignoreOrder: true);
    }

    [Fact]
    public void Frameworks_of_one_role_take_turns()
    {
        var cluster = new TestCluster();
        var all = Enumerable.Range(0, 4).Select(i => cluster.AddFramework($"fw{i}")).ToList();
        for (var i = 0; i < 20; i++)
        {
            cluster.AddAgent(hostname: $"h{i}");
        }

        cluster.Settle();

        all.Select(framework => framework.Offers.Count).ShouldBe([5, 5, 5, 5]);
    }

    [Fact]
    public void A_child_may_use_its_parents_reservation_and_not_the_other_way_round()
    {
        var cluster = new TestCluster();
        cluster.AddAgent("cpus(eng):2;mem(eng):512;cpus(ops):1;mem(ops):64");
        var child = cluster.Subscribe(TestFramework.InRoles("child", "eng/x"));
        ResourceSet.FromWire(child.TakeOffer().Resources).Unallocated.ShouldBe(ResourceSet.Parse("cpus(eng):2;mem(eng):512"));

        child.Suppress();
        child.Decline(child.Offers[0], 3600);
        cluster.AddAgent("cpus(eng/x):2;mem(eng/x):512", hostname: "b.example");
        var parent = cluster.Subscribe(TestFramework.InRoles("parent", "eng"));
        cluster.Advance(TimeSpan.FromSeconds(2));
        parent.Offers.SelectMany(offer => offer.Resources).ShouldAllBe(resource => resource.Reservations.Count == 0 || resource.Reservations.Last().Role == "eng");
        parent.Offers.Count.ShouldBe(1);
    }

    [Fact]
    public void A_frameworks_own_minimum_keeps_smaller_offers_away()
    {
        var cluster = new TestCluster();
        cluster.AddAgent("cpus:4;mem:1024");
        var info = TestFramework.Describe("picky");
        var minimum = new OfferFilters.Types.MinAllocatableResources();
        var quantities = new OfferFilters.Types.ResourceQuantities();
        quantities.Quantities.Add("cpus", new Value.Types.Scalar { Value = 8 });
        minimum.Quantities.Add(quantities);
        info.OfferFilters.Add("*", new OfferFilters { MinAllocatableResources = minimum });
        var framework = cluster.Subscribe(info);
        cluster.Advance(TimeSpan.FromSeconds(2));
        framework.Offers.ShouldBeEmpty();

        cluster.AddAgent("cpus:8;mem:1024", hostname: "b.example");
        framework.TakeOffer().Hostname.ShouldBe("b.example");
    }

    [Fact]
    public void Offer_constraints_choose_agents_by_their_attributes()
    {
        var cluster = new TestCluster();
        var ssd = new TestAgent("ssd.example", "cpus:1;mem:512") { Port = 1 };
        ssd.Info.Attributes.Add(new Plenum.Protocol.V1.Attribute
        {
            Name = "disk",
            Type = Value.Types.Type.Text,
            Text = new Value.Types.Text { Value = "ssd-fast" },
        });
        cluster.Register(ssd);
        cluster.AddAgent(hostname: "b.example");
        var framework = new TestFramework(TestFramework.Describe("fw"));
        var constraints = new OfferConstraints();
        var group = new OfferConstraints.Types.RoleConstraints.Types.Group();
        group.AttributeConstraints.Add(new AttributeConstraint
        {
            Selector = new AttributeConstraint.Types.Selector { AttributeName = "disk" },
            Predicate = new AttributeConstraint.Types.Predicate
            {
                TextMatches = new AttributeConstraint.Types.Predicate.Types.TextMatches { Regex = "ssd.*" },
            },
        });
        constraints.RoleConstraints.Add("*", new OfferConstraints.Types.RoleConstraints());
        constraints.RoleConstraints["*"].Groups.Add(group);

        cluster.Subscribe(framework);
        framework.Call(new Call
        {
            Type = Call.Types.Type.UpdateFramework,
            UpdateFramework = new Call.Types.UpdateFramework { FrameworkInfo = framework.Info.Clone(), OfferConstraints = constraints },
        });
        cluster.Settle();

        framework.Offers.Select(offer => offer.Hostname).ShouldBe(["ssd.example"]);
    }

    [Fact]
    public void The_same_seed_gives_the_same_offers()
    {
        string Run(ulong seed)
        {
            var cluster = new TestCluster(o => o with { Seed = seed });
            for (var i = 0; i < 20; i++)
            {
                cluster.AddAgent(hostname: $"h{i}");
            }

            return string.Join(',', new[] { cluster.AddFramework() }.Select(framework =>
            {
                cluster.Settle();
                return string.Join(' ', framework.Offers.Select(offer => offer.Hostname));
            }));
        }

        Run(7).ShouldBe(Run(7));
        Run(7).ShouldNotBe(Run(8));
    }

    private static Dictionary<string, int> Allocate(int agents, Dictionary<string, double> weights, params string[] roles)
    {
        var cluster = new TestCluster(o => o with { Weights = weights });
        var frameworks = roles.ToDictionary(role => role, role => cluster.Subscribe(TestFramework.InRoles(role, role)));
        for (var i = 0; i < agents; i++)
        {
            cluster.AddAgent(hostname: $"h{i}");
        }

        cluster.Settle();
        return frameworks.ToDictionary(pair => pair.Key, pair => pair.Value.Offers.Count);
    }
}
