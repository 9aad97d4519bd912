using Plenum.Kernel.Registry;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Tests.Registry;

public sealed class RestartTests
{
    [Fact]
    public void Agents_frameworks_and_tasks_are_all_back_after_a_restart()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework();
        var offer = framework.TakeOffer();
        framework.Launch(offer, TestFramework.Task(offer, "t1"));
        agent.Keep(framework, "t1");
        var id = agent.Id;

        cluster.RestartMaster();
        cluster.Snapshot.RecoveredAgents.Single().Id.ShouldBe(id);
        cluster.Snapshot.FindFramework(framework.Id)!.Recovered.ShouldBeTrue();

        agent.Return();
        agent.Id.ShouldBe(id);
        agent.Received[0].Registered.Reregistered.ShouldBeTrue();
        framework.Resubscribe();
        cluster.Snapshot.RecoveredAgents.ShouldBeEmpty();
        cluster.Snapshot.FindFramework(framework.Id)!.Recovered.ShouldBeFalse();
        cluster.Snapshot.Tasks.Single().State.ShouldBe(TaskState.TaskRunning);
        cluster.Snapshot.FindAgent(id)!.Used.Millis("cpus").ShouldBe(1000);
    }

    [Fact]
    public void An_agent_whose_admission_was_lost_with_the_old_master_keeps_its_place()
    {
        // Found by the simulator with seed 36: a second identity left tasks of the first unreachable for ever.
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework("aware", FrameworkInfo.Types.Capability.Types.Type.PartitionAware);
        var offer = framework.TakeOffer();
        framework.Launch(offer, TestFramework.Task(offer, "t1"));
        var id = agent.Id;
        agent.Info.Id = null;

        cluster.RestartMaster();
        framework.Resubscribe();
        framework.Forget();
        agent.Return();
        framework.Reconcile(("t1", id));

        agent.Id.ShouldBe(id);
        cluster.Snapshot.RecoveredAgents.ShouldBeEmpty();
        framework.Updates.Single().State.ShouldBe(TaskState.TaskGone);
    }

    [Fact]
    public void New_identifiers_never_repeat_those_of_an_earlier_master()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework();

        cluster.RestartMaster();
        var newer = cluster.AddAgent(hostname: "b.example");
        var other = cluster.AddFramework("other");

        newer.Id.ShouldNotBe(agent.Id);
        other.Id.ShouldNotBe(framework.Id);
    }

    [Fact]
    public void An_agent_that_does_not_come_back_in_time_is_unreachable()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        cluster.RestartMaster();
        var framework = cluster.AddFramework();

        cluster.Advance(TimeSpan.FromMinutes(10));

        cluster.Snapshot.UnreachableAgents.Single().Id.ShouldBe(agent.Id);
        framework.Failures.Single().AgentId.Value.ShouldBe(agent.Id.Value);
    }

    [Fact]
    public void A_framework_without_failover_timeout_gets_the_time_to_come_back_after_a_restart()
    {
        var cluster = new TestCluster();
        var info = TestFramework.Describe("brief");
        info.FailoverTimeout = 0;
        var framework = cluster.Subscribe(info);

        cluster.RestartMaster();
        cluster.Advance(TimeSpan.FromSeconds(134));
        framework.Resubscribe();
        cluster.Advance(TimeSpan.FromMinutes(20));

        framework.Error.ShouldBeNull();
        cluster.Snapshot.FindFramework(framework.Id)!.Connected.ShouldBeTrue();
    }

    [Fact]
    public void A_framework_that_wanted_no_time_and_does_not_use_it_is_removed()
    {
        var cluster = new TestCluster();
        var info = TestFramework.Describe("brief");
        info.FailoverTimeout = 0;
        var framework = cluster.Subscribe(info);

        cluster.RestartMaster();
        cluster.Advance(TimeSpan.FromSeconds(135));

        cluster.Snapshot.Frameworks.ShouldBeEmpty();
        cluster.Snapshot.CompletedFrameworks.Single().Id.ShouldBe(framework.Id);
    }

    [Fact]
    public void A_framework_only_the_agent_knows_is_recovered_from_its_report()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework();
        var offer = framework.TakeOffer();
        framework.Launch(offer, TestFramework.Task(offer, "t1"));
        agent.Keep(framework, "t1");
        agent.Frameworks.Add(framework.Info);
        cluster.Registry.Clear();

        cluster.RestartMaster();
        agent.Return();

        var recovered = cluster.Snapshot.FindFramework(framework.Id)!;
        (recovered.Recovered, recovered.Info.Name).ShouldBe((true, "fw"));
        cluster.Registry.Keys.ShouldContain($"kernel/frameworks/{framework.Id}");
        cluster.Snapshot.Tasks.Count.ShouldBe(1);
    }

    [Fact]
    public void An_entry_that_cannot_be_read_stops_the_start_and_is_named()
    {
        var cluster = new TestCluster();
        cluster.AddAgent();
        cluster.Registry["kernel/agents/master-1-S0"] = [0xff, 0xff, 0xff];

        Should.Throw<RegistryCorruptException>(cluster.RestartMaster).Message.ShouldContain("kernel/agents/master-1-S0");
    }
}
