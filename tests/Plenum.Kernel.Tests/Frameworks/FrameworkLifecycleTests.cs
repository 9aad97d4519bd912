using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Capability = Plenum.Protocol.V1.FrameworkInfo.Types.Capability.Types.Type;

namespace Plenum.Kernel.Tests.Frameworks;

public sealed class FrameworkLifecycleTests
{
    [Fact]
    public void Subscribed_comes_first_then_at_once_a_heartbeat_then_anything_else()
    {
        var cluster = new TestCluster();
        cluster.AddAgent();
        var framework = cluster.AddFramework();
        cluster.Settle();

        framework.Events.Select(message => message.Type).ShouldBe(
            [Event.Types.Type.Subscribed, Event.Types.Type.Heartbeat, Event.Types.Type.Offers]);
        var subscribed = framework.Events.First().Subscribed;
        subscribed.FrameworkId.Value.ShouldBe("master-1-0000");
        subscribed.HeartbeatIntervalSeconds.ShouldBe(15);
        subscribed.MasterInfo.Id.ShouldBe("master-1");
        cluster.Registry.Keys.ShouldContain("kernel/frameworks/master-1-0000");
    }

    [Fact]
    public void Heartbeats_come_every_fifteen_seconds()
    {
        var cluster = new TestCluster();
        var framework = cluster.AddFramework();
        cluster.Advance(TimeSpan.FromSeconds(46));

        framework.Events.Count(message => message.Type == Event.Types.Type.Heartbeat).ShouldBe(4);
    }

    [Fact]
    public void A_new_subscription_wins_and_the_old_stream_hears_that_it_failed_over()
    {
        var cluster = new TestCluster();
        cluster.AddAgent();
        var framework = cluster.AddFramework();
        framework.TakeOffer();
        var old = framework.Stream;
        var next = new TestFramework(framework.Info);

        cluster.Subscribe(next);

        framework.Received[^1].ShouldSatisfyAllConditions(
            last => last.Stream.ShouldBe(old),
            last => last.Event.Error.Message.ShouldBe("Framework failed over"));
        framework.Closed.ShouldBe([old]);
        framework.Rescinded.ShouldBeEmpty("offers die with the stream they were sent on");
        cluster.Settle();
        next.Offers.Count.ShouldBe(1);
        next.Id.ShouldBe(framework.Id);
        cluster.Snapshot.Frameworks.Count.ShouldBe(1);
    }

    [Fact]
    public void Calls_on_a_replaced_stream_are_dropped()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework();
        var offer = framework.TakeOffer();
        cluster.Subscribe(new TestFramework(framework.Info));
        cluster.Settle();

        framework.Launch(offer, TestFramework.Task(offer, "late"));

        agent.Launched.ShouldBeEmpty();
    }

    [Fact]
    public void Without_a_failover_timeout_the_end_of_the_stream_is_the_end_of_the_framework()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var info = TestFramework.Describe("brief");
        info.FailoverTimeout = 0;
        var framework = cluster.Subscribe(info);
        var offer = framework.TakeOffer();
        framework.Launch(offer, TestFramework.Task(offer, "t1"));

        framework.BreakStream();

        agent.Received.ShouldContain(message => message.ShutdownFramework != null);
        var removed = cluster.Snapshot.CompletedFrameworks.Single();
        removed.CompletedTasks.Single().State.ShouldBe(TaskState.TaskKilled);
        removed.UnregisteredTime.ShouldBe(cluster.Now);
        cluster.Snapshot.Frameworks.ShouldBeEmpty();
        cluster.Snapshot.FindAgent(agent.Id)!.Used.IsEmpty.ShouldBeTrue();
        framework.Updates.ShouldBeEmpty();
    }

    [Fact]
    public void A_framework_has_its_failover_timeout_to_come_back()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework();
        var offer = framework.TakeOffer();
        framework.Launch(offer, TestFramework.Task(offer, "t1"));
        framework.BreakStream();
        Alive(cluster, agent, TimeSpan.FromMinutes(59));

        framework.Resubscribe();
        Alive(cluster, agent, TimeSpan.FromMinutes(2));
        cluster.Snapshot.Tasks.Count.ShouldBe(1);

        framework.BreakStream();
        Alive(cluster, agent, TimeSpan.FromMinutes(60));
        cluster.Snapshot.Frameworks.ShouldBeEmpty();
    }

    [Fact]
    public void A_removed_framework_is_never_let_in_again()
    {
        var cluster = new TestCluster();
        var framework = cluster.AddFramework();
        framework.Teardown();
        framework.Closed.ShouldBe([framework.Stream]);

        framework.Resubscribe();
        framework.Error.ShouldBe("Framework has been removed");

        cluster.RestartMaster();
        framework.Forget();
        framework.Resubscribe();
        framework.Error.ShouldBe("Framework has been removed");
    }

    [Fact]
    public void An_unknown_id_is_accepted_since_it_may_be_older_than_the_registry()
    {
        var cluster = new TestCluster();
        var info = TestFramework.Describe("old");
        info.Id = new FrameworkID { Value = "some-other-master-0007" };

        var framework = cluster.Subscribe(info);

        framework.Error.ShouldBeNull();
        cluster.Snapshot.FindFramework(framework.Id).ShouldNotBeNull();
    }

    [Fact]
    public void What_is_wrong_with_a_subscription_is_an_error_event_and_the_end_of_the_stream()
    {
        var cluster = new TestCluster();
        var info = TestFramework.InRoles("fw", "a/../b");

        var framework = cluster.Subscribe(info);

        framework.Events.Single().Type.ShouldBe(Event.Types.Type.Error);
        framework.Closed.ShouldBe([framework.Stream]);
        cluster.Snapshot.Frameworks.ShouldBeEmpty();
        cluster.Registry.ShouldBeEmpty();
    }

    [Fact]
    public void Another_principal_is_refused_and_another_user_silently_kept()
    {
        var cluster = new TestCluster();
        var framework = cluster.AddFramework();
        framework.Info.User = "other";
        framework.Resubscribe();
        cluster.Snapshot.FindFramework(framework.Id)!.Info.User.ShouldBe("root");

        framework.Info.Principal = "someone";
        framework.Forget();
        framework.Resubscribe();
        framework.Error.ShouldNotBeNull();
    }

    [Fact]
    public void A_changed_description_reaches_the_agents_that_run_the_framework()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var idle = cluster.AddAgent(hostname: "b.example");
        var framework = cluster.AddFramework();
        cluster.Settle();
        var offer = framework.Offers.Single(o => o.AgentId.Value == agent.Id.Value);
        framework.Launch(offer, TestFramework.Task(offer, "t1"));
        framework.Info.WebuiUrl = "http://fw.example/";

        framework.Resubscribe();

        agent.Received[^1].UpdateFramework.Framework.WebuiUrl.ShouldBe("http://fw.example/");
        idle.Received.ShouldNotContain(message => message.UpdateFramework != null);
    }

    [Fact]
    public void Update_framework_is_answered_and_takes_offers_of_left_roles_back()
    {
        var cluster = new TestCluster();
        cluster.AddAgent();
        var framework = cluster.Subscribe(TestFramework.InRoles("fw", "a", "b"), "b");
        var offer = framework.TakeOffer();
        offer.AllocationInfo.Role.ShouldBe("a");
        framework.Info.Roles.Remove("a");

        framework.Call(new Call
        {
            Type = Call.Types.Type.UpdateFramework,
            UpdateFramework = new Call.Types.UpdateFramework { FrameworkInfo = framework.Info.Clone() },
        });

        cluster.LastEffects.OfType<KernelEffect.AnswerUpdateFramework>().Single().Refusal.ShouldBeNull();
        framework.Rescinded.ShouldBe([offer.Id.Value]);
        cluster.Settle();
        framework.Offers[^1].AllocationInfo.Role.ShouldBe("b");
        cluster.Snapshot.Roles.Select(role => role.Name).ShouldBe(["b"]);
    }

    [Fact]
    public void Update_framework_refuses_what_may_not_change()
    {
        var cluster = new TestCluster();
        var framework = cluster.AddFramework();
        var changed = framework.Info.Clone();
        changed.User = "other";

        framework.Call(new Call
        {
            Type = Call.Types.Type.UpdateFramework,
            UpdateFramework = new Call.Types.UpdateFramework { FrameworkInfo = changed },
        });

        cluster.LastEffects.OfType<KernelEffect.AnswerUpdateFramework>().Single().Refusal.ShouldNotBeNull();
        cluster.Snapshot.FindFramework(framework.Id)!.Info.User.ShouldBe("root");
    }

    [Fact]
    public void An_operator_can_remove_a_framework()
    {
        var cluster = new TestCluster();
        var framework = cluster.AddFramework();

        cluster.Apply(new KernelCommand.TeardownFramework(framework.Id));

        cluster.Snapshot.CompletedFrameworks.Single().Id.ShouldBe(framework.Id);
        framework.Closed.ShouldBe([framework.Stream]);
    }

    [Fact]
    public void Only_the_newest_removed_frameworks_are_kept_and_the_registry_forgets_the_others()
    {
        var cluster = new TestCluster(o => o with { MaxCompletedFrameworks = 2 });
        var all = Enumerable.Range(0, 3).Select(i => cluster.AddFramework($"fw{i}")).ToList();
        all.ForEach(framework => framework.Teardown());

        cluster.Snapshot.CompletedFrameworks.Select(record => record.Id).ShouldBe(all.Skip(1).Select(framework => framework.Id));
        cluster.Registry.Keys.ShouldBe(all.Skip(1).Select(framework => $"kernel/frameworks/{framework.Id}"));
    }

    [Fact]
    public void A_returning_agent_is_told_to_shut_removed_frameworks_down()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework();
        var offer = framework.TakeOffer();
        framework.Launch(offer, TestFramework.Task(offer, "t1"));
        agent.Keep(framework, "t1");
        agent.BreakLink();
        framework.Teardown();

        agent.Return();

        agent.Received.Single(message => message.ShutdownFramework is not null)
            .ShutdownFramework.FrameworkId.Value.ShouldBe(framework.Id.Value);
        cluster.Snapshot.Tasks.ShouldBeEmpty();
        var uuid = agent.Update(framework, "t1", TaskState.TaskKilled);
        agent.Acknowledged.ShouldBe([uuid], "nobody else would end the repetition");
    }

    [Fact]
    public void Updates_while_the_framework_is_away_are_left_to_the_agents_repetition()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework("killing", Capability.TaskKillingState);
        var offer = framework.TakeOffer();
        framework.Launch(offer, TestFramework.Task(offer, "t1"));
        framework.BreakStream();

        var uuid = agent.Update(framework, "t1", TaskState.TaskFinished);
        agent.Acknowledged.ShouldBeEmpty();
        cluster.Snapshot.Tasks.Single().State.ShouldBe(TaskState.TaskFinished);

        framework.Resubscribe();
        agent.Update(framework, "t1", TaskState.TaskFinished, uuid: uuid);
        framework.Updates.Single().Uuid.ShouldBe(uuid);
    }

    private static void Alive(TestCluster cluster, TestAgent agent, TimeSpan time)
    {
        for (var left = time; left > TimeSpan.Zero; left -= TimeSpan.FromMinutes(1))
        {
            cluster.Advance(TimeSpan.FromMinutes(1));
            agent.Say(new Protocol.Link.V1.AgentMessage { Pong = new Protocol.Link.V1.AgentMessage.Types.Pong() });
        }
    }
}
