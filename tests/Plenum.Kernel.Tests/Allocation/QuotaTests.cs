using Plenum.Kernel.Operators;
using Plenum.Protocol.Resources;
using static Plenum.Kernel.Tests.Allocation.QuotaCalls;

namespace Plenum.Kernel.Tests.Allocation;

/// <summary>Guarantees and limits: reference sections 3.8, 4.12, 5.4 and 5.6.</summary>
public sealed class QuotaTests
{
    [Fact]
    public void A_limit_is_the_most_a_role_is_ever_offered()
    {
        var cluster = new TestCluster();
        Update(cluster, Config("dev", limits: "cpus:6")).ShouldBeNull();
        var framework = cluster.Subscribe(TestFramework.InRoles("fw", "dev"));
        for (var i = 0; i < 4; i++)
        {
            cluster.AddAgent("cpus:4;mem:1024", $"h{i}");
        }

        cluster.Advance(TimeSpan.FromSeconds(3));

        Sum(framework, "cpus").ShouldBe(6);
        Sum(framework, "mem").ShouldBe(4096, "only cpus are limited");
    }

    [Fact]
    public void Children_share_the_limit_of_their_role_of_the_first_level()
    {
        var cluster = new TestCluster();
        Update(cluster, Config("dev", limits: "cpus:6;mem:6000")).ShouldBeNull();
        var one = cluster.Subscribe(TestFramework.InRoles("one", "dev/x"));
        var two = cluster.Subscribe(TestFramework.InRoles("two", "dev/y/z"));
        for (var i = 0; i < 4; i++)
        {
            cluster.AddAgent("cpus:4;mem:4000", $"h{i}");
        }

        cluster.Advance(TimeSpan.FromSeconds(3));

        (Sum(one, "cpus") + Sum(two, "cpus")).ShouldBe(6);
        (Sum(one, "mem") + Sum(two, "mem")).ShouldBe(6000);
    }

    [Fact]
    public void What_a_guarantee_needs_is_kept_free_for_a_role_that_is_not_there_yet()
    {
        var cluster = new TestCluster();
        for (var i = 0; i < 4; i++)
        {
            cluster.AddAgent("cpus:4;mem:1024", $"h{i}");
        }

        Update(cluster, Config("prod", "cpus:6;mem:1000")).ShouldBeNull();
        var greedy = cluster.Subscribe(TestFramework.InRoles("greedy", "dev"));
        cluster.Advance(TimeSpan.FromSeconds(3));
        Sum(greedy, "cpus").ShouldBe(10);
        Sum(greedy, "mem").ShouldBe(3072, "24 more are not worth an offer");

        var prod = cluster.Subscribe(TestFramework.InRoles("prod", "prod"));
        cluster.Advance(TimeSpan.FromSeconds(3));
        Sum(prod, "cpus").ShouldBe(6);
    }

    [Fact]
    public void A_new_guarantee_takes_offers_of_others_back()
    {
        var cluster = new TestCluster();
        var prod = cluster.Subscribe(TestFramework.InRoles("prod", "prod"), "prod");
        cluster.AddAgent("cpus:4;mem:1024", "h1");
        cluster.AddAgent("cpus:4;mem:1024", "h2");
        var greedy = cluster.Subscribe(TestFramework.InRoles("greedy", "dev"));
        cluster.Settle();
        greedy.Offers.Count.ShouldBe(2);

        Update(cluster, Config("prod", "cpus:4")).ShouldBeNull();
        greedy.Rescinded.Count.ShouldBe(1, "one agent is enough");
        prod.Call(new Protocol.V1.Scheduler.Call { Type = Protocol.V1.Scheduler.Call.Types.Type.Revive });
        cluster.Settle();
        Sum(prod, "cpus").ShouldBe(4);
    }

    [Fact]
    public void Reservations_count_for_their_role_whether_they_are_used_or_not()
    {
        var cluster = new TestCluster();
        cluster.AddAgent("cpus(dev):3;mem(dev):512;cpus:4;mem:1024");
        Update(cluster, Config("dev", limits: "cpus:4")).ShouldBeNull();
        var framework = cluster.Subscribe(TestFramework.InRoles("fw", "dev"));

        var offer = ResourceSet.FromWire(framework.TakeOffer().Resources).Unallocated;
        offer.ReservedTo("dev").Scalar("cpus").ShouldBe(3);
        offer.Unreserved.Scalar("cpus").ShouldBe(1);
    }

    [Fact]
    public void Both_stages_of_a_run_make_one_offer_of_an_agent()
    {
        var cluster = new TestCluster();
        cluster.AddAgent("cpus:8;mem:1024;ports:[1-10]");
        Update(cluster, Config("prod", "cpus:2")).ShouldBeNull();
        var framework = cluster.Subscribe(TestFramework.InRoles("fw", "prod"));
        cluster.Settle();
        ResourceSet.FromWire(framework.Offers.ShouldHaveSingleItem().Resources).Unallocated
            .ShouldBe(ResourceSet.Parse("cpus:8;mem:1024;ports:[1-10]"));
    }

    [Fact]
    public void Guarantees_beyond_the_cluster_are_refused_unless_forced()
    {
        var cluster = new TestCluster();
        cluster.AddAgent("cpus:4;mem:1024;cpus(other):4");
        var refusal = Update(cluster, Config("prod", "cpus:5"))!;
        refusal.Kind.ShouldBe(OperatorRefusalKind.Invalid);
        refusal.Reason.ShouldContain("5 cpus");
        Update(cluster, force: true, Config("prod", "cpus:5")).ShouldBeNull();
    }

    [Fact]
    public void A_limit_below_what_runs_is_refused_unless_forced_and_forced_takes_nothing_away()
    {
        var cluster = new TestCluster();
        cluster.AddAgent("cpus:4;mem:1024");
        var framework = cluster.Subscribe(TestFramework.InRoles("fw", "dev"));
        var offer = framework.TakeOffer();
        framework.Launch(offer, 0, TestFramework.Task(offer, "t1", "cpus:3;mem:128"));
        cluster.Advance(TimeSpan.FromSeconds(2));
        framework.Forget();

        Update(cluster, Config("dev", limits: "cpus:2"))!.Reason.ShouldContain("holds 3 cpus");
        Update(cluster, force: true, Config("dev", limits: "cpus:2")).ShouldBeNull();
        cluster.Advance(TimeSpan.FromSeconds(3));
        framework.Updates.ShouldBeEmpty();
        Sum(framework, "cpus").ShouldBe(0, "the rest of the agent is offered without cpus");
        framework.Rescinded.Count.ShouldBe(1);
    }

    [Fact]
    public void Offers_that_an_agents_return_lifts_above_the_limit_are_taken_back()
    {
        var cluster = new TestCluster();
        var framework = cluster.Subscribe(TestFramework.InRoles("fw", "dev"));
        var first = cluster.AddAgent("cpus:4;mem:1024", "h1");
        var offer = framework.TakeOffer();
        framework.Launch(offer, 3600, TestFramework.Task(offer, "t1", "cpus:4;mem:128"));
        first.Keep(framework, "t1");
        first.BreakLink();
        cluster.Advance(TimeSpan.FromMinutes(11));
        Update(cluster, Config("dev", limits: "cpus:4")).ShouldBeNull();
        cluster.AddAgent("cpus:4;mem:1024", "h2");
        cluster.Settle();
        framework.Forget();

        first.Return();
        cluster.Settle();
        framework.Rescinded.Count.ShouldBe(1);
    }

    [Fact]
    public void The_older_form_sets_guarantee_and_limit_once_and_can_be_removed()
    {
        var cluster = new TestCluster();
        cluster.AddAgent("cpus:4;mem:1024");
        cluster.Operate(Set("prod", "cpus:2")).ShouldBeNull();
        var config = cluster.Snapshot.Quotas.ShouldHaveSingleItem();
        (config.Guarantees["cpus"].Value, config.Limits["cpus"].Value).ShouldBe((2, 2));

        cluster.Operate(Set("prod", "cpus:1"))!.Kind.ShouldBe(OperatorRefusalKind.Invalid);
        cluster.Operate(Set("dev", "cpus:3"))!.Kind.ShouldBe(OperatorRefusalKind.Conflict);
        cluster.Operate(Remove("prod")).ShouldBeNull();
        cluster.Snapshot.Quotas.ShouldBeEmpty();
        cluster.Registry.Keys.ShouldNotContain(key => key.Contains("quota"));
        cluster.Operate(Remove("prod"))!.Kind.ShouldBe(OperatorRefusalKind.Invalid);
    }

    [Fact]
    public void Quota_survives_the_master_which_waits_for_most_agents_before_it_divides()
    {
        var cluster = new TestCluster();
        var agents = Enumerable.Range(0, 5).Select(i => cluster.AddAgent("cpus:4;mem:1024", $"h{i}")).ToList();
        Update(cluster, Config("prod", "cpus:2", "cpus:3")).ShouldBeNull();
        var framework = cluster.Subscribe(TestFramework.InRoles("fw", "dev"));

        cluster.RestartMaster();
        cluster.Snapshot.Quotas.ShouldHaveSingleItem().Limits["cpus"].Value.ShouldBe(3);
        framework.Forget();
        framework.Resubscribe();
        foreach (var agent in agents.Take(3))
        {
            agent.Return();
        }

        cluster.Advance(TimeSpan.FromSeconds(10));
        framework.Offers.ShouldBeEmpty();
        agents[3].Return();
        cluster.Settle();
        framework.Offers.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData("a/b", "cpus:1", "")]
    [InlineData("*", "cpus:1", "cpus:2")]
    [InlineData("dev", "cpus:3", "cpus:2")]
    public void A_quota_that_makes_no_sense_is_refused_even_by_force(string role, string guarantees, string limits) =>
        Update(new TestCluster(), force: true, Config(role, guarantees, limits))!.Kind.ShouldBe(OperatorRefusalKind.Invalid);

    [Fact]
    public void An_empty_quota_removes_the_roles_quota()
    {
        var cluster = new TestCluster();
        Update(cluster, Config("dev", limits: "cpus:2")).ShouldBeNull();
        Update(cluster, Config("dev")).ShouldBeNull();
        cluster.Snapshot.Quotas.ShouldBeEmpty();
    }

    /// <summary>
    /// Whatever frameworks do with their offers. The audit after each command checks the limits; the test
    /// also checks that launches got through, or it would prove nothing.
    /// </summary>
    [Fact]
    public void No_sequence_of_calls_gets_a_role_above_its_limit()
    {
        var launched = 0;
        for (var seed = 1; seed <= 40; seed++)
        {
            launched += Play(seed);
        }

        launched.ShouldBeGreaterThan(60);
    }

    private static int Play(int seed)
    {
        var chance = new System.Random(seed);
        var cluster = new TestCluster(o => o with { Seed = (ulong)seed });
        Update(cluster, force: true, Config("a", "cpus:3", "cpus:5;mem:3000"), Config("b", "cpus:2"), Config("c", limits: "cpus:0")).ShouldBeNull();
        var frameworks = new[] { "a", "a/x", "b/y", "c", "d" }.Select(role => cluster.Subscribe(TestFramework.InRoles(role, role))).ToList();
        for (var i = 0; i < 4; i++)
        {
            cluster.AddAgent("cpus:4;mem:1024;ports:[1-100]", $"h{i}");
        }

        var tasks = 0;
        for (var step = 0; step < 40; step++)
        {
            var framework = frameworks[chance.Next(frameworks.Count)];
            var open = framework.Offers.Where(offer => cluster.Snapshot.Offers.Any(o => o.Id.Value == offer.Id.Value)).ToList();
            if (open.Count > 0 && open[chance.Next(open.Count)] is var offer && chance.Next(3) > 0)
            {
                framework.Launch(offer, chance.Next(3), TestFramework.Task(offer, $"t{++tasks}", $"cpus:{chance.Next(1, 4)};mem:{chance.Next(32, 600)}"));
            }
            else if (open.Count > 0)
            {
                framework.Decline(open[0], chance.Next(3));
            }

            cluster.Advance(TimeSpan.FromSeconds(chance.Next(3)));
        }

        cluster.Snapshot.Tasks.Where(task => frameworks[3].Id == task.FrameworkId).ShouldBeEmpty($"seed {seed}");
        return cluster.Snapshot.Tasks.Count;
    }
}
