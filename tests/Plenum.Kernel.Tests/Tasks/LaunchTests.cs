using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Capability = Plenum.Protocol.V1.FrameworkInfo.Types.Capability.Types.Type;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;

namespace Plenum.Kernel.Tests.Tasks;

public sealed class LaunchTests
{
    [Fact]
    public void A_task_goes_from_offer_to_history()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework();

        framework.Launch(framework.TakeOffer(), TestFramework.Task(framework.Offers[0], "t1"));
        agent.Launched.Select(task => task.TaskId.Value).ShouldBe(["t1"]);
        cluster.Snapshot.FindAgent(agent.Id)!.Used.Millis("cpus").ShouldBe(1000);

        var running = agent.Update(framework, "t1", TaskState.TaskRunning);
        framework.Acknowledge(agent.Id, "t1", running);
        var finished = agent.Update(framework, "t1", TaskState.TaskFinished);
        cluster.Snapshot.FindAgent(agent.Id)!.Used.IsEmpty.ShouldBeTrue();
        cluster.Snapshot.Tasks.Single().State.ShouldBe(TaskState.TaskFinished);

        framework.Acknowledge(agent.Id, "t1", finished);
        cluster.Snapshot.Tasks.ShouldBeEmpty();
        cluster.Snapshot.FindFramework(framework.Id)!.CompletedTasks.Single().Statuses
            .Select(status => status.State).ShouldBe([TaskState.TaskRunning, TaskState.TaskFinished]);
        agent.Acknowledged.ShouldBe([running, finished]);
        framework.Updates.Select(update => update.State).ShouldBe([TaskState.TaskRunning, TaskState.TaskFinished]);
    }

    [Fact]
    public void What_a_launch_leaves_of_its_offer_is_free_again()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent("cpus:4;mem:4096");
        var framework = cluster.AddFramework();

        framework.Launch(framework.TakeOffer(), 0, TestFramework.Task(framework.Offers[0], "t1"));
        cluster.Advance(TimeSpan.FromSeconds(1));

        var second = framework.Offers[^1];
        ResourceSet.FromWire(second.Resources).ShouldBe(ResourceSet.Parse("cpus:3;mem:3968"));
        second.AgentId.ShouldBe(agent.Info.Id);
    }

    [Fact]
    public void One_bad_task_does_not_stop_the_others_of_its_launch()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent("cpus:4;mem:4096");
        var framework = cluster.AddFramework();
        var offer = framework.TakeOffer();

        framework.Launch(
            offer, TestFramework.Task(offer, "fits"), TestFramework.Task(offer, "huge", "cpus:64"), TestFramework.Task(offer, "fits-too"));

        agent.Launched.Select(task => task.TaskId.Value).ShouldBe(["fits", "fits-too"]);
        var error = framework.Updates.Single();
        error.State.ShouldBe(TaskState.TaskError);
        error.Reason.ShouldBe(Reason.TaskInvalid);
        error.HasUuid.ShouldBeFalse();
    }

    [Fact]
    public void The_agent_is_told_the_allocation_role_even_when_the_framework_left_it_out()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.Subscribe(TestFramework.InRoles("fw", "dev"));
        var offer = framework.TakeOffer();

        framework.Launch(offer, TestFramework.Task(offer, "t1"));

        agent.Launched.Single().Resources.ShouldAllBe(resource => resource.AllocationInfo.Role == "dev");
        agent.Launched.Single().Resources.ShouldAllBe(resource => !resource.HasRole);
    }

    [Fact]
    public void Invalid_offers_drop_every_task_and_free_the_valid_ones()
    {
        var cluster = new TestCluster();
        cluster.AddAgent();
        var aware = cluster.AddFramework("aware", Capability.PartitionAware);
        var offer = aware.TakeOffer();
        var stranger = new Offer { Id = new OfferID { Value = "nobody-O1" }, AgentId = offer.AgentId };

        aware.Accept(null, [offer, stranger], LaunchOf(TestFramework.Task(offer, "t1")));

        var dropped = aware.Updates.Single();
        (dropped.State, dropped.Reason).ShouldBe((TaskState.TaskDropped, Reason.InvalidOffers));
        cluster.Snapshot.Offers.ShouldBeEmpty();
        cluster.Advance(TimeSpan.FromSeconds(1));
        aware.Offers.Count.ShouldBe(2, "resources of a wrongly accepted offer come back without a filter");
    }

    [Fact]
    public void A_framework_without_partition_awareness_hears_lost_instead_of_dropped()
    {
        var cluster = new TestCluster();
        cluster.AddAgent();
        var plain = cluster.AddFramework();
        var offer = plain.TakeOffer();
        plain.Decline(offer);

        plain.Launch(offer, TestFramework.Task(offer, "t1"));

        plain.Updates.Single().State.ShouldBe(TaskState.TaskLost);
    }

    [Fact]
    public void A_group_is_launched_as_a_whole_or_not_at_all()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent();
        var framework = cluster.AddFramework();
        var offer = framework.TakeOffer();

        framework.LaunchGroup(offer, Executor("pod"), TestFramework.Task(offer, "a"), TestFramework.Task(offer, "b", "cpus:64"));

        agent.Received.ShouldNotContain(message => message.RunTaskGroup != null);
        framework.Updates.Select(update => (update.TaskId.Value, update.State, update.Reason)).ShouldBe(
        [
            ("a", TaskState.TaskError, Reason.TaskGroupInvalid),
            ("b", TaskState.TaskError, Reason.TaskGroupInvalid),
        ]);
    }

    [Fact]
    public void The_executor_of_a_group_is_paid_for_once_and_until_it_exits()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent("cpus:4;mem:4096;disk:1000");
        var framework = cluster.AddFramework();
        var offer = framework.TakeOffer();
        framework.LaunchGroup(offer, Executor("pod"), TestFramework.Task(offer, "a"));
        cluster.Snapshot.FindAgent(agent.Id)!.Used.Millis("cpus").ShouldBe(1100);

        cluster.Advance(TimeSpan.FromSeconds(6));
        var next = framework.TakeOffer();
        framework.LaunchGroup(next, Executor("pod"), TestFramework.Task(next, "b"));
        cluster.Snapshot.FindAgent(agent.Id)!.Used.Millis("cpus").ShouldBe(2100);

        var (a, b) = (agent.Update(framework, "a", TaskState.TaskFinished), agent.Update(framework, "b", TaskState.TaskFinished));
        framework.Acknowledge(agent.Id, "a", a);
        framework.Acknowledge(agent.Id, "b", b);
        cluster.Snapshot.FindAgent(agent.Id)!.Used.Millis("cpus").ShouldBe(100);

        agent.Say(ExecutorExited(framework, "pod"));
        cluster.Snapshot.FindAgent(agent.Id)!.Used.IsEmpty.ShouldBeTrue();
        framework.Failures.Single().ExecutorId.Value.ShouldBe("pod");
    }

    [Fact]
    public void An_executor_that_ended_while_a_launch_was_on_its_way_stays_booked_until_that_is_heard_of()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent("cpus:4;mem:4096;disk:1000");
        var framework = cluster.AddFramework();
        var offer = framework.TakeOffer();
        framework.LaunchGroup(offer, Executor("pod"), TestFramework.Task(offer, "a"));

        agent.Say(ExecutorExited(framework, "pod"));
        cluster.Snapshot.FindAgent(agent.Id)!.Used.Millis("cpus").ShouldBe(1100);

        var failed = agent.Update(framework, "a", TaskState.TaskFailed);
        framework.Acknowledge(agent.Id, "a", failed);
        cluster.Snapshot.FindAgent(agent.Id)!.Used.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void A_late_sign_of_life_of_a_task_that_has_ended_does_not_bring_its_executor_back()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent("cpus:4;mem:4096;disk:1000");
        var framework = cluster.AddFramework();
        var offer = framework.TakeOffer();
        framework.LaunchGroup(offer, Executor("pod"), TestFramework.Task(offer, "a"));

        agent.Say(ExecutorExited(framework, "pod"));
        var starting = agent.Update(framework, "a", TaskState.TaskStarting, latest: TaskState.TaskFailed);
        framework.Acknowledge(agent.Id, "a", starting);
        var failed = agent.Update(framework, "a", TaskState.TaskFailed);
        framework.Acknowledge(agent.Id, "a", failed);
        cluster.Snapshot.FindAgent(agent.Id)!.Used.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void An_executor_that_ends_after_its_agent_reported_its_tasks_has_no_launch_on_its_way()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent("cpus:4;mem:4096;disk:1000");
        var framework = cluster.AddFramework();
        var offer = framework.TakeOffer();
        framework.LaunchGroup(offer, Executor("pod"), TestFramework.Task(offer, "a"));

        // The link broke before the task's first sign of life came through.
        Report(agent, framework, "a");
        agent.Return();
        agent.Say(ExecutorExited(framework, "pod"));
        cluster.Snapshot.FindAgent(agent.Id)!.Used.Millis("cpus").ShouldBe(1000);

        // Its container outlives the executor's by a little.
        var starting = agent.Update(framework, "a", TaskState.TaskStarting, latest: TaskState.TaskRunning);
        framework.Acknowledge(agent.Id, "a", starting);
        framework.Acknowledge(agent.Id, "a", agent.Update(framework, "a", TaskState.TaskFailed));
        cluster.Snapshot.FindAgent(agent.Id)!.Used.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void The_first_sign_of_life_of_a_task_that_was_there_before_does_not_bring_its_executor_back()
    {
        var cluster = new TestCluster();
        var agent = cluster.AddAgent("cpus:4;mem:4096;disk:1000");
        var framework = cluster.AddFramework();
        var offer = framework.TakeOffer();
        framework.LaunchGroup(offer, Executor("pod"), TestFramework.Task(offer, "a"));
        Report(agent, framework, "a");
        agent.Return();
        cluster.Advance(TimeSpan.FromSeconds(6));
        var next = framework.TakeOffer();
        framework.LaunchGroup(next, Executor("pod"), TestFramework.Task(next, "b"));

        // The launch of the second is on its way and comes too late.
        agent.Say(ExecutorExited(framework, "pod"));
        framework.Acknowledge(agent.Id, "a", agent.Update(framework, "a", TaskState.TaskStarting, latest: TaskState.TaskRunning));
        framework.Acknowledge(agent.Id, "b", agent.Update(framework, "b", TaskState.TaskLost));
        framework.Acknowledge(agent.Id, "a", agent.Update(framework, "a", TaskState.TaskFailed));
        cluster.Snapshot.FindAgent(agent.Id)!.Used.IsEmpty.ShouldBeTrue();
    }

    private static void Report(TestAgent agent, TestFramework framework, string task)
    {
        var info = agent.Received.Single(message => message.RunTaskGroup is not null).RunTaskGroup;
        var wire = new Protocol.V1.Task
        {
            Name = task,
            TaskId = new TaskID { Value = task },
            AgentId = agent.Info.Id,
            FrameworkId = framework.Info.Id,
            ExecutorId = info.Executor.ExecutorId,
            State = TaskState.TaskRunning,
        };
        wire.Resources.AddRange(info.TaskGroup.Tasks.Single().Resources);
        agent.Tasks.Add(wire);
        agent.Executors.Add(info.Executor);
    }

    private static Offer.Types.Operation LaunchOf(TaskInfo task)
    {
        var launch = new Offer.Types.Operation.Types.Launch();
        launch.TaskInfos.Add(task);
        return new Offer.Types.Operation { Type = Offer.Types.Operation.Types.Type.Launch, Launch = launch };
    }

    private static ExecutorInfo Executor(string id)
    {
        var executor = new ExecutorInfo
        {
            Type = ExecutorInfo.Types.Type.Default,
            ExecutorId = new ExecutorID { Value = id },
        };
        executor.Resources.AddRange(ResourceSet.Parse("cpus:0.1;mem:32;disk:10").ToWire());
        return executor;
    }

    private static Protocol.Link.V1.AgentMessage ExecutorExited(TestFramework framework, string executor) => new()
    {
        ExecutorExited = new Protocol.Link.V1.AgentMessage.Types.ExecutorExited
        {
            FrameworkId = framework.Id.ToWire(),
            ExecutorId = new ExecutorID { Value = executor },
            Status = 0,
        },
    };
}
