using Google.Protobuf;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Capability = Plenum.Protocol.V1.FrameworkInfo.Types.Capability.Types.Type;

namespace Plenum.Kernel.Tests.Tasks;

public sealed class StatusUpdateTests
{
    [Fact]
    public void Resources_are_free_as_soon_as_the_newest_state_is_an_end()
    {
        var (cluster, agent, framework) = Launched();

        agent.Update(framework, "t1", TaskState.TaskRunning, latest: TaskState.TaskFailed);

        cluster.Snapshot.FindAgent(agent.Id)!.Used.IsEmpty.ShouldBeTrue();
        framework.Updates.Single().State.ShouldBe(TaskState.TaskRunning);
    }

    [Fact]
    public void An_end_is_final_whatever_comes_after_it()
    {
        var (cluster, agent, framework) = Launched();
        agent.Update(framework, "t1", TaskState.TaskFailed);

        agent.Update(framework, "t1", TaskState.TaskRunning);

        cluster.Snapshot.Tasks.Single().State.ShouldBe(TaskState.TaskFailed);
    }

    [Fact]
    public void A_wrong_uuid_acknowledges_nothing_in_the_book()
    {
        var (cluster, agent, framework) = Launched();
        agent.Update(framework, "t1", TaskState.TaskFinished);

        framework.Acknowledge(agent.Id, "t1", ByteString.CopyFrom(new byte[16]));

        cluster.Snapshot.Tasks.Count.ShouldBe(1);
    }

    [Fact]
    public void An_acknowledgement_for_an_absent_agent_is_dropped_and_repeated_later()
    {
        var (cluster, agent, framework) = Launched();
        agent.Keep(framework, "t1", TaskState.TaskFinished);
        var uuid = agent.Update(framework, "t1", TaskState.TaskFinished);
        agent.BreakLink();
        framework.Acknowledge(agent.Id, "t1", uuid);
        cluster.Snapshot.Tasks.Count.ShouldBe(1);

        agent.Return();
        agent.Update(framework, "t1", TaskState.TaskFinished, uuid: uuid);
        framework.Acknowledge(agent.Id, "t1", uuid);

        cluster.Snapshot.Tasks.ShouldBeEmpty();
        agent.Acknowledged.ShouldBe([uuid]);
    }

    [Fact]
    public void Updates_of_unknown_tasks_are_passed_on()
    {
        var (_, agent, framework) = Launched();

        agent.Update(framework, "stranger", TaskState.TaskFinished);

        framework.Updates.Single().TaskId.Value.ShouldBe("stranger");
    }

    [Theory]
    [InlineData(TaskState.TaskGone)]
    [InlineData(TaskState.TaskDropped)]
    public void Partition_states_of_the_agent_become_lost_for_others(TaskState state)
    {
        var (_, agent, framework) = Launched();

        var uuid = agent.Update(framework, "t1", state);

        framework.Updates.Single().ShouldSatisfyAllConditions(
            update => update.State.ShouldBe(TaskState.TaskLost),
            update => update.Uuid.ShouldBe(uuid));
    }

    [Fact]
    public void Killing_is_told_only_to_those_who_know_it_and_acknowledged_for_the_others()
    {
        var (_, agent, plain) = Launched();
        var uuid = agent.Update(plain, "t1", TaskState.TaskKilling);
        plain.Updates.ShouldBeEmpty();
        agent.Acknowledged.ShouldBe([uuid]);

        var (_, other, knowing) = Launched(Capability.TaskKillingState);
        other.Update(knowing, "t1", TaskState.TaskKilling);
        knowing.Updates.Single().State.ShouldBe(TaskState.TaskKilling);
    }

    [Fact]
    public void Asked_for_a_task_that_is_being_killed_who_does_not_know_killing_hears_that_it_runs()
    {
        var (_, agent, plain) = Launched();
        agent.Update(plain, "t1", TaskState.TaskRunning);
        agent.Update(plain, "t1", TaskState.TaskKilling);
        plain.Call(new Protocol.V1.Scheduler.Call
        {
            Type = Protocol.V1.Scheduler.Call.Types.Type.Reconcile, Reconcile = new Protocol.V1.Scheduler.Call.Types.Reconcile(),
        });
        plain.Updates[^1].Reason.ShouldBe(TaskStatus.Types.Reason.Reconciliation);
        plain.Updates[^1].State.ShouldBe(TaskState.TaskRunning);
    }

    [Fact]
    public void Data_is_delivered_and_not_kept()
    {
        var (cluster, agent, framework) = Launched();
        agent.Say(new AgentMessage
        {
            StatusUpdate = new AgentMessage.Types.StatusUpdate
            {
                FrameworkId = framework.Id.ToWire(),
                LatestState = TaskState.TaskRunning,
                Status = new TaskStatus
                {
                    TaskId = new TaskID { Value = "t1" },
                    AgentId = agent.Info.Id,
                    State = TaskState.TaskRunning,
                    Data = ByteString.CopyFromUtf8("large"),
                },
            },
        });

        framework.Updates.Single().Data.ToStringUtf8().ShouldBe("large");
        cluster.Snapshot.Tasks.Single().Statuses.Single().HasData.ShouldBeFalse();
    }

    [Fact]
    public void A_task_id_is_free_again_once_its_end_is_acknowledged()
    {
        var (cluster, agent, framework) = Launched();
        cluster.Advance(TimeSpan.FromSeconds(6));
        var offer = framework.TakeOffer();
        framework.Launch(offer, 0, TestFramework.Task(offer, "t1"));
        framework.Updates.Single().State.ShouldBe(TaskState.TaskError);

        framework.Acknowledge(agent.Id, "t1", agent.Update(framework, "t1", TaskState.TaskFinished));
        cluster.Advance(TimeSpan.FromSeconds(2));
        offer = framework.TakeOffer();
        framework.Launch(offer, TestFramework.Task(offer, "t1"));

        agent.Launched.Count().ShouldBe(2);
    }

    [Fact]
    public void Messages_between_framework_and_executor_pass_through()
    {
        var (_, agent, framework) = Launched();
        framework.Call(new Protocol.V1.Scheduler.Call
        {
            Type = Protocol.V1.Scheduler.Call.Types.Type.Message,
            Message = new Protocol.V1.Scheduler.Call.Types.Message
            {
                AgentId = agent.Id.ToWire(),
                ExecutorId = new ExecutorID { Value = "e" },
                Data = ByteString.CopyFromUtf8("down"),
            },
        });
        agent.Received[^1].FrameworkMessage.Data.ToStringUtf8().ShouldBe("down");

        agent.Say(new AgentMessage
        {
            ExecutorMessage = new AgentMessage.Types.ExecutorMessage
            {
                FrameworkId = framework.Id.ToWire(),
                ExecutorId = new ExecutorID { Value = "e" },
                Data = ByteString.CopyFromUtf8("up"),
            },
        });
        framework.Events.Last().Message.Data.ToStringUtf8().ShouldBe("up");
    }

    [Fact]
    public void Histories_keep_their_bounds()
    {
        var cluster = new TestCluster(o => o with { MaxCompletedTasksPerFramework = 2 });
        var agent = cluster.AddAgent("cpus:10;mem:4096");
        var framework = cluster.AddFramework();
        var offer = framework.TakeOffer();
        framework.Launch(offer, [.. Enumerable.Range(0, 4).Select(i => TestFramework.Task(offer, $"t{i}"))]);
        for (var i = 0; i < 4; i++)
        {
            framework.Acknowledge(agent.Id, $"t{i}", agent.Update(framework, $"t{i}", TaskState.TaskFinished));
        }

        cluster.Snapshot.FindFramework(framework.Id)!.CompletedTasks.Select(task => task.Id).ShouldBe([new TaskId("t2"), new TaskId("t3")]);
    }

    private static (TestCluster Cluster, TestAgent Agent, TestFramework Framework) Launched(params Capability[] capabilities)
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework("fw", capabilities);
        var offer = framework.TakeOffer();
        framework.Launch(offer, TestFramework.Task(offer, "t1"));
        return (cluster, agent, framework);
    }
}
