using Google.Protobuf;
using Plenum.Protocol.V1;
using static Plenum.Kernel.Tests.Preemption.PreemptionScene;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;

namespace Plenum.Kernel.Tests.Preemption;

/// <summary>
/// A framework that was told that its task is gone never hears that it was killed: the agent, which knows of a kill only,
/// says KILLED as often as it says it again.
/// </summary>
public sealed class PreemptedEndTests
{
    private readonly TestCluster _cluster;
    private readonly TestAgent _agent;
    private readonly TestFramework _dev;
    private readonly ByteString _uuid;

    public PreemptedEndTests()
    {
        TestFramework prod;
        (_cluster, _agent, _dev, prod) = FullAgent();
        Prioritize(_cluster, ("prod", 10));
        prod.Request("cpus:1;mem:64");
        _cluster.Advance(Delay);
        _uuid = _agent.Update(_dev, "t4", TaskState.TaskKilled);
        _dev.Updates[^1].State.ShouldBe(TaskState.TaskGone);
        var ended = _agent.Keep(_dev, "t4", TaskState.TaskKilled);
        (ended.StatusUpdateState, ended.StatusUpdateUuid) = (TaskState.TaskKilled, _uuid);
        foreach (var other in new[] { "t1", "t2", "t3" })
        {
            _agent.Keep(_dev, other);
        }
    }

    [Fact]
    public void When_the_agent_repeats_it_before_it_hears_the_acknowledgement()
    {
        _dev.Acknowledge(_agent.Id, "t4", _uuid);
        SayAgain();
    }

    [Fact]
    public void When_the_acknowledgement_is_lost_with_the_link()
    {
        _dev.Acknowledge(_agent.Id, "t4", _uuid);
        _agent.Return();
        SayAgain();
    }

    [Fact]
    public void When_the_agent_is_lost_and_comes_back()
    {
        _agent.BreakLink();
        _cluster.Advance(TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(1));
        _cluster.Snapshot.FindAgent(_agent.Id).ShouldBeNull();
        _agent.Return();
        SayAgain();
    }

    [Fact]
    public void When_another_master_takes_over_after_the_registry_has_it()
    {
        _cluster.Advance(TimeSpan.FromSeconds(6));
        _cluster.RestartMaster();
        _dev.Resubscribe();
        _agent.Return();
        SayAgain();
    }

    /// <summary>Seed 111640 of the simulator.</summary>
    [Fact]
    public void When_its_framework_asks_for_the_end_that_has_come_already()
    {
        _dev.Kill("t4", _agent.Id);
        SayAgain();
    }

    [Fact]
    public void A_task_of_another_life_with_the_same_name_that_is_killed_says_so()
    {
        _dev.Acknowledge(_agent.Id, "t4", _uuid);
        _dev.Forget();
        _agent.Update(_dev, "t4", TaskState.TaskKilled);

        _dev.Updates.ShouldHaveSingleItem().State.ShouldBe(TaskState.TaskKilled);
    }

    private void SayAgain()
    {
        _dev.Forget();
        _dev.Reconcile(("t4", _agent.Id));
        _dev.Updates[^1].State.ShouldBe(TaskState.TaskGone);
        _agent.Update(_dev, "t4", TaskState.TaskKilled, uuid: _uuid);

        var update = _dev.Updates[^1];
        update.Uuid.ShouldBe(_uuid);
        update.State.ShouldBe(TaskState.TaskGone);
        update.Reason.ShouldBe(Reason.ContainerPreempted);
        _dev.Acknowledge(_agent.Id, "t4", _uuid);
        _agent.Acknowledged.ShouldContain(_uuid);
        _cluster.Snapshot.Tasks.ShouldNotContain(task => task.Id.Value == "t4");
    }
}
