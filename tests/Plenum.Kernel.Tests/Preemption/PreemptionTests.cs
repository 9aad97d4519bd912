using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;
using Plenum.Kernel.Operators;
using Plenum.Kernel.Preemption;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using static Plenum.Kernel.Tests.Allocation.QuotaCalls;
using static Plenum.Kernel.Tests.Preemption.PreemptionScene;
using Capability = Plenum.Protocol.V1.FrameworkInfo.Types.Capability;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;

namespace Plenum.Kernel.Tests.Preemption;

/// <summary>Tasks of less important roles end for more important ones: the rules of docs/preemption.md, one by one.</summary>
public sealed class PreemptionTests
{
    [Fact]
    public void Nothing_is_preempted_while_no_role_has_a_priority()
    {
        var (cluster, agent, _, prod) = FullAgent();
        prod.Request("cpus:1;mem:64");
        cluster.Advance(TimeSpan.FromMinutes(5));
        agent.Killed.ShouldBeEmpty();
    }

    [Fact]
    public void After_the_delay_and_not_before_the_newest_task_that_is_enough_ends_for_a_wish()
    {
        var (cluster, agent, _, prod) = FullAgent();
        Prioritize(cluster, ("prod", 10));
        prod.Request("cpus:1;mem:64");
        cluster.Advance(TimeSpan.FromSeconds(29));
        agent.Killed.ShouldBeEmpty();

        cluster.Advance(TimeSpan.FromSeconds(12));
        agent.Killed.ShouldBe(["t4"]);
        cluster.Advance(TimeSpan.FromSeconds(30));
        agent.Killed.ShouldBe(["t4"], "its room is on its way");
    }

    [Fact]
    public void The_fewest_tasks_end()
    {
        var cluster = Cluster();
        var agent = cluster.AddAgent("cpus:8;mem:1024");
        var dev = cluster.Subscribe(TestFramework.InRoles("dev", "dev"));
        Launch(cluster, dev, ("large", "cpus:4;mem:64"), ("s1", "cpus:1;mem:64"), ("s2", "cpus:1;mem:64"), ("s3", "cpus:1;mem:64"), ("s4", "cpus:1;mem:64"));
        var prod = Waiting(cluster, "prod", 10);
        prod.Request("cpus:3;mem:64");
        cluster.Advance(Delay);
        agent.Killed.ShouldBe(["large"]);
    }

    [Fact]
    public void The_least_important_role_gives_first_even_where_more_of_its_tasks_must_end()
    {
        var cluster = Cluster();
        var agent = cluster.AddAgent("cpus:4;mem:1024");
        Launch(cluster, cluster.Subscribe(TestFramework.InRoles("low", "low")), ("l1", "cpus:1;mem:64"), ("l2", "cpus:1;mem:64"));
        Launch(cluster, cluster.Subscribe(TestFramework.InRoles("middle", "middle/x")), ("m1", "cpus:2;mem:64"));
        Prioritize(cluster, ("middle", 5), ("low", -5));
        var prod = Waiting(cluster, "prod", 10);
        prod.Request("cpus:2;mem:64");
        cluster.Advance(Delay);
        agent.Killed.ShouldBe(["l1", "l2"], ignoreOrder: true);
    }

    [Fact]
    public void Nobody_gives_for_a_role_of_the_same_or_a_lower_priority()
    {
        var (cluster, agent, _, prod) = FullAgent();
        Prioritize(cluster, ("prod", 10), ("dev", 10));
        prod.Request("cpus:1;mem:64");
        cluster.Advance(TimeSpan.FromMinutes(2));
        Prioritize(cluster, ("prod", 10), ("dev", 11));
        cluster.Advance(TimeSpan.FromMinutes(2));
        agent.Killed.ShouldBeEmpty();
    }

    [Fact]
    public void Reserved_and_revocable_resources_are_never_taken()
    {
        var cluster = Cluster();
        var agent = cluster.AddAgent("cpus(dev):4;mem(dev):512;cpus:1;mem:64");
        var dev = cluster.Subscribe(TestFramework.InRoles("dev", "dev"));
        cluster.Settle();
        dev.Launch(dev.Offers[^1], 0, TestFramework.Task(dev.Offers[^1], "reserved", "cpus(dev):4;mem(dev):512"));
        cluster.Advance(TimeSpan.FromSeconds(1));
        var offer = dev.TakeOffer();
        dev.Launch(offer, 0, TestFramework.Task(offer, "plain", "cpus:1;mem:64"));
        var prod = Waiting(cluster, "prod", 10);
        prod.Request("cpus:4;mem:64");
        cluster.Advance(TimeSpan.FromMinutes(2));
        cluster.Snapshot.Tasks.Count.ShouldBe(2);
        agent.Killed.ShouldBeEmpty("only one cpu is not reserved");
        prod.Request("cpus:1;mem:64");
        cluster.Advance(Delay);
        agent.Killed.ShouldBe(["plain"]);
    }

    [Fact]
    public void A_role_keeps_what_its_quota_guarantees()
    {
        var (cluster, agent, _, prod) = FullAgent();
        Update(cluster, Config("dev", "cpus:3")).ShouldBeNull();
        Prioritize(cluster, ("prod", 10));
        prod.Request("cpus:2;mem:64");
        cluster.Advance(TimeSpan.FromMinutes(2));
        agent.Killed.ShouldBeEmpty("two would bring dev below its guarantee, and one is not enough");
        prod.Request("cpus:1;mem:64");
        cluster.Advance(Delay);
        agent.Killed.ShouldBe(["t4"]);
    }

    [Fact]
    public void What_quota_would_give_to_others_is_not_freed()
    {
        var (cluster, agent, _, prod) = FullAgent();
        Update(cluster, force: true, Config("kept", "cpus:4")).ShouldBeNull();
        Prioritize(cluster, ("prod", 10));
        prod.Request("cpus:1;mem:64");
        cluster.Advance(TimeSpan.FromMinutes(2));
        agent.Killed.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true, TaskState.TaskGone)]
    [InlineData(false, TaskState.TaskLost)]
    public void The_framework_learns_who_needed_the_room_and_that_it_did_not_ask_for_the_end(bool isPartitionAware, TaskState state)
    {
        var (cluster, agent, dev, prod) = FullAgent(isPartitionAware);
        Prioritize(cluster, ("prod", 10));
        prod.Request("cpus:1;mem:64");
        cluster.Advance(Delay);
        dev.Forget();
        var uuid = agent.Update(dev, "t4", TaskState.TaskKilled);
        var update = dev.Updates.ShouldHaveSingleItem();
        update.State.ShouldBe(state);
        update.Reason.ShouldBe(Reason.ContainerPreempted);
        update.Message.ShouldContain("role 'prod' (priority 10)");
        update.Uuid.ShouldBe(uuid);
        cluster.Snapshot.Tasks.Single(task => task.Id.Value == "t4").State.ShouldBe(TaskState.TaskGone);
        cluster.Snapshot.Counters.TasksPreempted.ShouldBe(1);
    }

    [Fact]
    public void The_room_is_kept_for_who_asked_and_the_wish_is_over_with_the_offer()
    {
        var (cluster, agent, dev, prod) = FullAgent();
        Prioritize(cluster, ("prod", 10));
        prod.Request("cpus:2;mem:64");
        cluster.Advance(Delay);
        agent.Killed.ShouldBe(["t3", "t4"], ignoreOrder: true);
        agent.Update(dev, "t4", TaskState.TaskKilled);
        dev.Revive();
        cluster.Advance(TimeSpan.FromSeconds(5));
        dev.Offers.Count(offer => !dev.Rescinded.Contains(offer.Id.Value) && cluster.Snapshot.Offers.Any(o => o.Id.Value == offer.Id.Value))
            .ShouldBe(0, "half of the room is free and nobody else is offered it");
        prod.Offers.ShouldBeEmpty();

        agent.Update(dev, "t3", TaskState.TaskKilled);
        cluster.Advance(TimeSpan.FromSeconds(1));
        ResourceSet.FromWire(prod.Offers.ShouldHaveSingleItem().Resources).Scalar("cpus").ShouldBe(2);
        cluster.Advance(TimeSpan.FromMinutes(3));
        agent.Killed.Count().ShouldBe(2);
    }

    [Fact]
    public void Room_that_is_not_taken_in_time_is_for_everybody_again()
    {
        var (cluster, agent, dev, prod) = FullAgent();
        Prioritize(cluster, ("prod", 10));
        prod.Request("cpus:1;mem:64");
        cluster.Advance(Delay);
        prod.Request();
        dev.Forget();
        agent.Update(dev, "t4", TaskState.TaskKilled);
        dev.Revive();
        cluster.Advance(TimeSpan.FromSeconds(7));
        (Sum(dev, "cpus") + Sum(prod, "cpus")).ShouldBeGreaterThan(0, "the wish was taken back");
    }

    [Fact]
    public void Offers_of_the_less_important_go_before_any_task_does()
    {
        var cluster = Cluster();
        var agent = cluster.AddAgent("cpus:4;mem:1024");
        var dev = cluster.Subscribe(TestFramework.InRoles("dev", "dev"));
        cluster.Settle();
        var prod = Waiting(cluster, "prod", 10);
        prod.Request("cpus:4;mem:64");
        cluster.Advance(Delay);
        dev.Rescinded.Count.ShouldBe(1);
        Sum(prod, "cpus").ShouldBe(4);
        agent.Killed.ShouldBeEmpty();
    }

    [Fact]
    public void An_open_guarantee_that_nothing_is_free_for_ends_tasks_of_the_less_important()
    {
        var cluster = Cluster();
        var agents = Enumerable.Range(0, 3).Select(i => cluster.AddAgent("cpus:4;mem:1024", $"h{i}")).ToList();
        var dev = cluster.Subscribe(TestFramework.InRoles("dev", "dev"));
        cluster.Settle();
        foreach (var offer in dev.Offers.ToList())
        {
            dev.Launch(offer, 0, TestFramework.Task(offer, offer.Id.Value + "a", "cpus:2;mem:64"), TestFramework.Task(offer, offer.Id.Value + "b", "cpus:2;mem:64"));
        }

        Update(cluster, Config("prod", "cpus:5"), Config("prod/db", "cpus:4")).ShouldBeNull();
        Prioritize(cluster, ("prod", 10));
        cluster.Advance(Delay);
        agents.Sum(agent => agent.Killed.Count()).ShouldBe(0, "nobody of prod wants offers");

        var db = cluster.Subscribe(TestFramework.InRoles("db", "prod/db"));
        cluster.Advance(TimeSpan.FromSeconds(29));
        agents.Sum(agent => agent.Killed.Count()).ShouldBe(0);
        cluster.Advance(TimeSpan.FromSeconds(22));
        agents.Sum(agent => agent.Killed.Count()).ShouldBe(3, "five cpus are two of each of three tasks");
        foreach (var agent in agents)
        {
            foreach (var task in agent.Killed.ToList())
            {
                agent.Update(dev, task, TaskState.TaskKilled);
            }
        }

        cluster.Advance(TimeSpan.FromSeconds(2));
        Sum(db, "cpus").ShouldBeGreaterThanOrEqualTo(4);
    }

    [Fact]
    public void One_look_ends_no_more_tasks_than_its_bound_and_none_for_a_wish_that_needs_more()
    {
        var cluster = Cluster(options => options with { MaxPreemptions = 2 });
        var agent = cluster.AddAgent("cpus:8;mem:1024");
        var dev = cluster.Subscribe(TestFramework.InRoles("dev", "dev"));
        Launch(cluster, dev, [.. Enumerable.Range(0, 8).Select(i => ($"t{i}", "cpus:1;mem:64"))]);
        var prod = Waiting(cluster, "prod", 10);
        prod.Request("cpus:3;mem:64");
        cluster.Advance(TimeSpan.FromMinutes(2));
        agent.Killed.ShouldBeEmpty("three do not fit one look, and two would end for nothing");

        prod.Request();
        Update(cluster, Config("prod", "cpus:5")).ShouldBeNull();
        cluster.Advance(Delay);
        agent.Killed.Count().ShouldBe(2);
        cluster.Advance(TimeSpan.FromSeconds(10));
        agent.Killed.Count().ShouldBe(4, "a guarantee is served by and by");
    }

    [Fact]
    public void A_task_that_its_framework_kills_too_ends_as_killed()
    {
        var (cluster, agent, dev, prod) = FullAgent();
        Prioritize(cluster, ("prod", 10));
        prod.Request("cpus:1;mem:64");
        cluster.Advance(Delay);
        dev.Call(new Call { Type = Call.Types.Type.Kill, Kill = new Call.Types.Kill { TaskId = new TaskID { Value = "t4" } } });
        dev.Forget();
        agent.Update(dev, "t4", TaskState.TaskKilled);
        dev.Updates.ShouldHaveSingleItem().State.ShouldBe(TaskState.TaskKilled);
    }

    [Fact]
    public void A_wish_for_a_named_agent_takes_room_there_only()
    {
        var cluster = Cluster();
        var agents = Enumerable.Range(0, 3).Select(i => cluster.AddAgent("cpus:1;mem:256", $"h{i}")).ToList();
        var dev = cluster.Subscribe(TestFramework.InRoles("dev", "dev"));
        cluster.Settle();
        foreach (var offer in dev.Offers.ToList())
        {
            dev.Launch(offer, 0, TestFramework.Task(offer, offer.Hostname, "cpus:1;mem:256"));
        }

        var prod = Waiting(cluster, "prod", 10);
        prod.Request("cpus:1;mem:64", agents[1]);
        cluster.Advance(Delay);
        agents.Select(agent => agent.Killed.Count()).ShouldBe([0, 1, 0]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("cpus(prod):1")]
    public void A_request_that_makes_no_sense_is_noted_and_changes_nothing(string resources)
    {
        var (cluster, agent, _, prod) = FullAgent();
        Prioritize(cluster, ("prod", 10));
        prod.Request("cpus:1;mem:64");
        prod.Request(resources.Length == 0 ? "cpus:0" : resources);
        cluster.Notes.ShouldContain(note => note.StartsWith("REQUEST", StringComparison.Ordinal));
        cluster.Advance(Delay);
        agent.Killed.ShouldBe(["t4"], "the wish before it stands");
    }

    [Fact]
    public void Priorities_survive_the_master_and_are_inherited_along_the_path()
    {
        var cluster = Cluster();
        Prioritize(cluster, ("prod", 10), ("prod/batch", 0), ("dev", -3));
        Change(cluster, [], "dev").ShouldBeNull();
        cluster.RestartMaster();
        cluster.Snapshot.Priorities.ShouldBe([new RolePriority("prod", 10), new RolePriority("prod/batch", 0)]);

        var book = new PriorityBook();
        foreach (var priority in cluster.Snapshot.Priorities)
        {
            book.Set(priority);
        }

        new[] { "prod", "prod/db/x", "prod/batch/x", "product", "*" }.Select(book.Of).ShouldBe([10, 10, 0, 0, 0]);
    }

    [Fact]
    public void A_change_with_one_wrong_line_changes_nothing()
    {
        var cluster = Cluster();
        Change(cluster, [new("a", 1), new("b", 1001)])!.Kind.ShouldBe(OperatorRefusalKind.Invalid);
        Change(cluster, [new("a", 1), new("a", 2)])!.Reason.ShouldContain("twice");
        Change(cluster, [new("a", 1), new("/b", 2)]).ShouldNotBeNull();
        cluster.Snapshot.Priorities.ShouldBeEmpty();
    }
}
