using Plenum.Kernel.Operators;
using Plenum.Protocol.Resources;
using static Plenum.Kernel.Tests.Allocation.QuotaCalls;

namespace Plenum.Kernel.Tests.Allocation;

/// <summary>Quota at every level of the role tree: what Mesos designed for it (MESOS-7402) and never served.</summary>
public sealed class NestedQuotaTests
{
    [Fact]
    public void A_limit_below_a_limit_holds_for_its_own_branch_only()
    {
        var cluster = new TestCluster();
        Update(cluster, Config("dev", limits: "cpus:10"), Config("dev/x", limits: "cpus:3")).ShouldBeNull();
        var x = cluster.Subscribe(TestFramework.InRoles("x", "dev/x/deep"));
        var y = cluster.Subscribe(TestFramework.InRoles("y", "dev/y"));
        AddAgents(cluster, 6);

        cluster.Advance(TimeSpan.FromSeconds(3));

        Sum(x, "cpus").ShouldBe(3);
        Sum(y, "cpus").ShouldBe(7, "what is left of the limit above both");
    }

    [Fact]
    public void A_guarantee_of_a_child_is_kept_free_from_its_siblings_too()
    {
        var cluster = new TestCluster();
        AddAgents(cluster, 4);
        Update(cluster, Config("prod", "cpus:8"), Config("prod/db", "cpus:6")).ShouldBeNull();
        var sibling = cluster.Subscribe(TestFramework.InRoles("web", "prod/web"));
        var stranger = cluster.Subscribe(TestFramework.InRoles("dev", "dev"));

        cluster.Advance(TimeSpan.FromSeconds(3));

        (Sum(sibling, "cpus") + Sum(stranger, "cpus")).ShouldBe(10, "six of sixteen wait for prod/db");
        var db = cluster.Subscribe(TestFramework.InRoles("db", "prod/db"));
        cluster.Advance(TimeSpan.FromSeconds(3));
        Sum(db, "cpus").ShouldBe(6);
    }

    [Fact]
    public void A_parents_guarantee_is_for_every_child_as_far_as_it_is_not_assigned_to_one()
    {
        var cluster = new TestCluster();
        Update(cluster, force: true, Config("prod", "cpus:8", "cpus:8"), Config("prod/db", "cpus:6")).ShouldBeNull();
        var web = cluster.Subscribe(TestFramework.InRoles("web", "prod/web"));
        AddAgents(cluster, 4);
        cluster.Advance(TimeSpan.FromSeconds(3));

        Sum(web, "cpus").ShouldBe(2, "the limit above keeps six for prod/db");
    }

    [Fact]
    public void What_a_child_holds_counts_for_every_role_above_it()
    {
        var cluster = new TestCluster();
        AddAgents(cluster, 2);
        var framework = cluster.Subscribe(TestFramework.InRoles("fw", "a/b/c"));
        var offer = framework.TakeOffer();
        framework.Launch(offer, 0, TestFramework.Task(offer, "t1", "cpus:3;mem:128"));

        foreach (var role in new[] { "a", "a/b", "a/b/c" })
        {
            Update(cluster, Config(role, limits: "cpus:2"))!.Reason.ShouldContain($"Role '{role}' holds 3 cpus");
        }

        Update(cluster, Config("a/d", limits: "cpus:2")).ShouldBeNull();
    }

    [Fact]
    public void A_childs_part_of_a_guarantee_stays_free_when_its_siblings_took_the_parents_whole()
    {
        var cluster = new TestCluster();
        AddAgents(cluster, 4);
        var web = cluster.Subscribe(TestFramework.InRoles("web", "prod/web"));
        cluster.Settle();
        foreach (var offer in web.Offers.Take(2).ToList())
        {
            web.Launch(offer, 0, TestFramework.Task(offer, offer.Id.Value, "cpus:4;mem:512"));
        }

        Update(cluster, Config("prod", "cpus:8"), Config("prod/db", "cpus:5")).ShouldBeNull();
        web.Forget();
        cluster.Advance(TimeSpan.FromSeconds(3));

        Sum(web, "cpus").ShouldBe(3, "prod holds its eight, and five more are kept for prod/db");
    }

    [Fact]
    public void Reservations_of_a_child_count_for_it_and_its_parents()
    {
        var cluster = new TestCluster();
        cluster.AddAgent("cpus(dev/x):3;mem(dev/x):512;cpus:4;mem:1024");
        Update(cluster, Config("dev", limits: "cpus:4")).ShouldBeNull();
        var y = cluster.Subscribe(TestFramework.InRoles("y", "dev/y"));
        ResourceSet.FromWire(y.TakeOffer().Resources).Unallocated.Scalar("cpus").ShouldBe(1);
    }

    [Fact]
    public void Nested_quota_survives_the_master()
    {
        var cluster = new TestCluster();
        AddAgents(cluster, 2);
        Update(cluster, Config("prod", "cpus:4"), Config("prod/db", "cpus:3", "cpus:3")).ShouldBeNull();
        cluster.RestartMaster();
        cluster.Snapshot.Quotas.Select(quota => quota.Role).ShouldBe(["prod", "prod/db"]);

        Update(cluster, force: true, Config("prod", "cpus:2"))!.Reason.ShouldContain("below 'prod'");
    }

    [Theory]
    [InlineData("cpus:2", "cpus:2", "cpus:1", "below 'p'")]
    [InlineData("", "cpus:1", "", "'p' itself is guaranteed 0")]
    [InlineData("cpus:2;mem:64", "cpus:1;mem:65", "", "65 mem")]
    public void Children_are_never_promised_more_than_their_parent_even_by_force(
        string parent, string one, string two, string reason)
    {
        var cluster = new TestCluster();
        var refusal = Update(cluster, force: true, Config("p", parent), Config("p/one", one), Config("p/two", two))!;
        refusal.Kind.ShouldBe(OperatorRefusalKind.Invalid);
        refusal.Reason.ShouldContain(reason);
        cluster.Snapshot.Quotas.ShouldBeEmpty("nothing of the call is kept");
    }

    [Fact]
    public void A_limit_above_the_limit_of_a_role_higher_up_is_refused()
    {
        var cluster = new TestCluster();
        Update(cluster, Config("p", limits: "cpus:2"), Config("p/q/r", limits: "cpus:3"))!.Reason.ShouldContain("above that of 'p'");
        Update(cluster, Config("p", limits: "cpus:2"), Config("p/q/r", limits: "mem:3")).ShouldBeNull();
    }

    [Fact]
    public void A_guarantee_that_others_build_on_cannot_be_removed_before_theirs()
    {
        var cluster = new TestCluster();
        AddAgents(cluster, 1);
        Update(cluster, Config("prod", "cpus:2"), Config("prod/db", "cpus:2")).ShouldBeNull();
        cluster.Operate(Remove("prod"))!.Kind.ShouldBe(OperatorRefusalKind.Invalid);
        cluster.Operate(Remove("prod/db")).ShouldBeNull();
        cluster.Operate(Remove("prod")).ShouldBeNull();
    }

    [Fact]
    public void The_cluster_owes_what_the_first_level_is_promised_and_nothing_twice()
    {
        var cluster = new TestCluster();
        AddAgents(cluster, 1);
        Update(cluster, Config("prod", "cpus:4"), Config("prod/db", "cpus:4"), Config("prod/db/x", "cpus:4")).ShouldBeNull();
    }

    /// <summary>
    /// Random trees of guarantees and limits under random use: the audit after each command holds every
    /// limit, and at the end each role below its guarantee gets it as soon as it asks alone.
    /// </summary>
    [Fact]
    public void Whatever_others_do_the_open_part_of_a_nested_guarantee_is_there_for_who_comes_late()
    {
        for (var seed = 1; seed <= 40; seed++)
        {
            var chance = new System.Random(seed);
            var cluster = new TestCluster(o => o with { Seed = (ulong)seed });
            AddAgents(cluster, 5);
            Update(
                cluster,
                Config("a", "cpus:10", "cpus:14"),
                Config("a/x", "cpus:6", "cpus:7"),
                Config("a/x/late", "cpus:4"),
                Config("b", limits: "cpus:9")).ShouldBeNull();
            var greedy = new[] { "a", "a/x", "a/y", "b", "c" }.Select(role => cluster.Subscribe(TestFramework.InRoles(role, role))).ToList();
            var tasks = 0;
            for (var step = 0; step < 25; step++)
            {
                var framework = greedy[chance.Next(greedy.Count)];
                var open = framework.Offers.Where(offer => cluster.Snapshot.Offers.Any(o => o.Id.Value == offer.Id.Value)).ToList();
                if (open.Count > 0)
                {
                    var offer = open[chance.Next(open.Count)];
                    framework.Launch(offer, 0, TestFramework.Task(offer, $"t{++tasks}", $"cpus:{chance.Next(1, 4)};mem:32"));
                }

                cluster.Advance(TimeSpan.FromSeconds(1));
            }

            foreach (var framework in greedy)
            {
                framework.Suppress();
            }

            var late = cluster.Subscribe(TestFramework.InRoles("late", "a/x/late"));
            cluster.Advance(TimeSpan.FromSeconds(2));
            var free = Sum(late, "cpus");
            free.ShouldBeGreaterThanOrEqualTo(4, $"seed {seed}");
        }
    }

    private static void AddAgents(TestCluster cluster, int count)
    {
        for (var i = 0; i < count; i++)
        {
            cluster.AddAgent("cpus:4;mem:4096;ports:[1-100]", $"h{i}");
        }
    }
}
