using Plenum.Kernel.Preemption;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using static Plenum.Kernel.Tests.Allocation.QuotaCalls;
using static Plenum.Kernel.Tests.Preemption.PreemptionScene;
using OperatorCall = Plenum.Protocol.V1.Master.Call;

namespace Plenum.Kernel.Tests.Preemption;

/// <summary>A wish gets what was ended for it, once, and costs the master no more than its share.</summary>
public sealed class WishTests
{
    [Fact]
    public void However_long_the_tasks_take_to_end_no_others_end_for_the_same_wish()
    {
        var (cluster, agent, dev, prod) = FullAgent();
        Prioritize(cluster, ("prod", 10));
        prod.Request("cpus:1;mem:64");
        cluster.Advance(Delay);
        agent.Killed.ShouldBe(["t4"]);

        cluster.Advance(TimeSpan.FromMinutes(20));
        agent.Killed.ShouldBe(["t4"], "its kill policy gives it half an hour");

        dev.Revive();
        agent.Update(dev, "t4", TaskState.TaskKilled);
        cluster.Advance(TimeSpan.FromSeconds(2));
        Sum(prod, "cpus").ShouldBe(1, "the agent was kept for it all the time");
    }

    [Fact]
    public void Tasks_that_end_for_another_reason_keep_no_agent_for_a_wish()
    {
        var cluster = Cluster();
        var agents = Enumerable.Range(0, 2).Select(i => cluster.AddAgent("cpus:2;mem:256", $"h{i}")).ToList();
        var dev = cluster.Subscribe(TestFramework.InRoles("dev", "dev"));
        cluster.Settle();
        foreach (var offer in dev.Offers.ToList())
        {
            dev.Launch(
                offer,
                0,
                TestFramework.Task(offer, offer.Hostname + "a", "cpus:1;mem:64"),
                TestFramework.Task(offer, offer.Hostname + "b", "cpus:1;mem:64"));
        }

        var prod = Waiting(cluster, "prod", 10);
        prod.Request("cpus:1;mem:64");
        cluster.Advance(Delay);
        var cleared = agents.Single(agent => agent.Killed.Any());
        var other = agents.Single(agent => !agent.Killed.Any());
        var victim = cleared.Killed.ShouldHaveSingleItem();

        // The agent is on offer to nobody when the victim ends, and its other task ends for its own framework, slowly.
        cluster.Operate(new OperatorCall
        {
            Type = OperatorCall.Types.Type.DeactivateAgent,
            DeactivateAgent = new OperatorCall.Types.DeactivateAgent { AgentId = cleared.Id.ToWire() },
        }).ShouldBeNull();
        cleared.Update(dev, victim, TaskState.TaskKilled);
        dev.Kill(cleared.Launched.Select(task => task.TaskId.Value).Single(task => task != victim));
        cluster.Advance(TimeSpan.FromMinutes(3));

        other.Killed.ShouldHaveSingleItem("two minutes after the victim's end the agent is kept no longer");
    }

    [Fact]
    public void Tasks_that_end_for_a_guarantee_keep_no_agent_for_a_wish()
    {
        var (cluster, agent, dev, prod) = FullAgent();
        Prioritize(cluster, ("prod", 10), ("test", 5));
        prod.Request("cpus:1;mem:64");
        cluster.Advance(Delay);
        agent.Killed.ShouldBe(["t4"]);
        Update(cluster, Config("test", "cpus:2")).ShouldBeNull();
        var test = cluster.Subscribe(TestFramework.InRoles("test", "test"));
        cluster.Advance(Delay);
        agent.Killed.ShouldBe(["t4", "t3"]);

        // What ends for the wish ends while the agent is on offer to nobody; what ends for the guarantee takes its time.
        cluster.Operate(new OperatorCall
        {
            Type = OperatorCall.Types.Type.DeactivateAgent,
            DeactivateAgent = new OperatorCall.Types.DeactivateAgent { AgentId = agent.Id.ToWire() },
        }).ShouldBeNull();
        agent.Update(dev, "t4", TaskState.TaskKilled);
        cluster.Advance(TimeSpan.FromMinutes(3));
        cluster.Operate(new OperatorCall
        {
            Type = OperatorCall.Types.Type.ReactivateAgent,
            ReactivateAgent = new OperatorCall.Types.ReactivateAgent { AgentId = agent.Id.ToWire() },
        }).ShouldBeNull();
        cluster.Settle();

        Sum(prod, "cpus").ShouldBe(0, "the time of its claim is over");
        Sum(test, "cpus").ShouldBe(1);
    }

    [Fact]
    public void A_wish_whose_agents_were_not_all_weighed_goes_on_there_whoever_came_between()
    {
        var (first, second) = (AnyWish(), AnyWish());
        var turns = new WishTurns();
        turns.InVain(first, 5);
        turns.InVain(second, 7);
        (turns.Begin(first), turns.Begin(second)).ShouldBe((5, 7));

        turns.InVain(second, rest: null);
        (turns.HadTurn(first), turns.HadTurn(second)).ShouldBe((false, true));

        // Another of the same amounts is another, and what nobody wishes for any more is not remembered.
        turns.HadTurn(AnyWish()).ShouldBeFalse();
        turns.ForgetAllBut(new HashSet<ResourceWish>(ReferenceEqualityComparer.Instance) { first });
        (turns.Begin(first), turns.HadTurn(second)).ShouldBe((5, false));
        turns.NewRound();
        turns.Begin(first).ShouldBe(0);
    }

    [Fact]
    public void A_framework_that_repeats_its_request_waits_no_longer_and_loses_no_claim()
    {
        var (cluster, agent, dev, prod) = FullAgent();
        Prioritize(cluster, ("prod", 10));
        for (var i = 0; i < 6; i++)
        {
            prod.Request("cpus:1;mem:64");
            cluster.Advance(TimeSpan.FromSeconds(10));
        }

        agent.Killed.ShouldBe(["t4"]);
        dev.Revive();
        agent.Update(dev, "t4", TaskState.TaskKilled);
        prod.Request("cpus:1;mem:64");
        cluster.Advance(TimeSpan.FromSeconds(2));
        Sum(prod, "cpus").ShouldBe(1);
    }

    [Fact]
    public void Another_amount_is_another_wish_and_waits_anew()
    {
        var (cluster, agent, _, prod) = FullAgent();
        Prioritize(cluster, ("prod", 10));
        prod.Request("cpus:1;mem:64");
        cluster.Advance(TimeSpan.FromSeconds(25));
        prod.Request("cpus:2;mem:64");
        cluster.Advance(TimeSpan.FromSeconds(25));
        agent.Killed.ShouldBeEmpty();
        cluster.Advance(TimeSpan.FromSeconds(16));
        agent.Killed.Count().ShouldBe(2);
    }

    [Fact]
    public void Who_leaves_its_offers_unanswered_is_still_offered_all_that_was_cleared_for_it()
    {
        var (cluster, agent, dev, prod) = FullAgent();
        Prioritize(cluster, ("prod", 10));
        cluster.AddAgent("cpus:1;mem:64", "small");
        cluster.Advance(TimeSpan.FromMinutes(3));
        prod.Rescinded.ShouldNotBeEmpty("it let an offer expire");
        var waiting = cluster.Subscribe(TestFramework.InRoles("other", "other"));
        prod.Forget();

        prod.Request("cpus:3;mem:64");
        cluster.Advance(Delay);
        agent.Killed.Count().ShouldBe(3);
        foreach (var task in agent.Killed.ToList())
        {
            agent.Update(dev, task, TaskState.TaskKilled);
        }

        cluster.Advance(TimeSpan.FromSeconds(2));
        prod.Offers.Where(offer => offer.AgentId.Value == agent.Id.Value).ShouldHaveSingleItem()
            .Resources.Single(resource => resource.Name == "cpus").Scalar.Value.ShouldBe(3);
        waiting.Offers.ShouldNotContain(offer => offer.AgentId.Value == agent.Id.Value);
    }

    [Fact]
    public void Who_is_above_nobody_gets_no_more_by_a_request_than_by_waiting()
    {
        var cluster = Cluster();
        cluster.AddAgent("cpus:4;mem:256");
        var dev = cluster.Subscribe(TestFramework.InRoles("dev", "dev"));
        Launch(cluster, dev, ("t1", "cpus:2;mem:64"));
        Prioritize(cluster, ("prod", 10));
        var peer = cluster.Subscribe(TestFramework.InRoles("peer", "peer"));
        peer.Decline(peer.TakeOffer(), 3600);
        peer.Forget();

        peer.Request("cpus:1;mem:64");
        cluster.Advance(TimeSpan.FromMinutes(2));

        peer.Offers.ShouldBeEmpty("its own refusal stands");
        dev.Forget();
        dev.Revive();
        cluster.Advance(TimeSpan.FromSeconds(2));
        Sum(dev, "cpus").ShouldBe(2, "nothing is kept for it");
    }

    [Fact]
    public void A_wish_that_nothing_can_meet_does_not_keep_the_next_from_its_turn()
    {
        var cluster = Cluster(options => options with { MaxPreemptionCandidates = 3 });
        var agents = Enumerable.Range(0, 3).Select(i => cluster.AddAgent("cpus:2;mem:256", $"h{i}")).ToList();
        var dev = cluster.Subscribe(TestFramework.InRoles("dev", "dev"));
        cluster.Settle();
        foreach (var offer in dev.Offers.ToList())
        {
            dev.Launch(
                offer,
                0,
                TestFramework.Task(offer, offer.Hostname + "a", "cpus:1;mem:64"),
                TestFramework.Task(offer, offer.Hostname + "b", "cpus:1;mem:64"));
        }

        var hopeless = Waiting(cluster, "prod", 10);
        hopeless.Request("cpus:100;mem:64");
        var modest = Waiting(cluster, "test", 5);
        modest.Request("cpus:1;mem:64");

        // A look weighs one agent with its tasks here: three for the first wish, and the fourth is the other's.
        cluster.Advance(Delay + TimeSpan.FromSeconds(40));
        agents.Sum(agent => agent.Killed.Count()).ShouldBe(1);
    }

    [Fact]
    public void The_last_agent_of_a_large_cluster_is_weighed_too()
    {
        var cluster = Cluster(options => options with { MaxPreemptionCandidates = 2 });
        var agents = Enumerable.Range(0, 4).Select(i => cluster.AddAgent("cpus:1;mem:256", $"h{i}")).ToList();
        var dev = cluster.Subscribe(TestFramework.InRoles("dev", "dev"));
        cluster.Settle();
        foreach (var offer in dev.Offers.ToList())
        {
            dev.Launch(offer, 0, TestFramework.Task(offer, offer.Hostname, "cpus:1;mem:64"));
        }

        var prod = Waiting(cluster, "prod", 10);
        prod.Request("cpus:1;mem:64", agents[3]);
        cluster.Advance(Delay + TimeSpan.FromSeconds(40));
        agents.Select(agent => agent.Killed.Count()).ShouldBe([0, 0, 0, 1]);
    }

    [Fact]
    public void A_change_of_priorities_writes_no_more_than_a_transaction_takes()
    {
        var cluster = Cluster();
        Prioritize(cluster, ("prod", 10));
        var most = Enumerable.Range(0, 10_000).Select(i => $"r{i}").ToArray();
        Change(cluster, [new RolePriority("prod", 1)], most)!.Reason.ShouldContain("at most");
        Change(cluster, [], most).ShouldBeNull();
        cluster.LastEffects.ShouldHaveSingleItem("who has no priority loses none");
    }

    private static ResourceWish AnyWish() => new("prod", Agent: null, ResourceSet.Parse("cpus:1").Quantities, TestCluster.Start);
}
