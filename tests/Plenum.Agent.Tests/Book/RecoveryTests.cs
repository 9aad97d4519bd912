using Plenum.Agent.Book;
using Plenum.Protocol.V1;
using Capability = Plenum.Protocol.V1.FrameworkInfo.Types.Capability.Types.Type;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;

namespace Plenum.Agent.Tests.Book;

public sealed class RecoveryTests
{
    [Fact]
    public void A_running_task_goes_on_and_nothing_is_said_twice()
    {
        var world = BookWorld.Registered();
        var launch = world.RunUp(BookWorld.Task("t"));
        world.AcknowledgeAllOf("t");
        world.Restart(null, Running(launch.Container));
        world.Register();
        world.Updates().ShouldBeEmpty();
        world.Exited(launch.Container, 0);
        world.ShouldReport(TaskState.TaskFinished);
    }

    [Fact]
    public void A_task_that_ended_meanwhile_ends_with_its_true_status()
    {
        var world = BookWorld.Registered();
        var launch = world.RunUp(BookWorld.Task("t"));
        world.AcknowledgeAllOf("t");
        world.Restart(null, Ended(launch.Container, 7 << 8));
        world.Destroyed().ShouldBe([launch.Container]);
        world.Register();
        world.Updates().ShouldHaveSingleItem().Message.ShouldBe("Command exited with status 7");
    }

    [Theory]
    [InlineData(true, TaskState.TaskDropped)]
    [InlineData(false, TaskState.TaskLost)]
    public void A_launch_that_never_happened_is_dropped(bool partitionAware, TaskState expected)
    {
        var world = BookWorld.Registered(partitionAware ? [Capability.PartitionAware] : []);
        world.Run(BookWorld.Task("t"));
        world.Restart();
        world.Register();
        var states = world.AcknowledgeAll();
        states.Select(static update => update.State).ShouldBe([TaskState.TaskStarting, expected]);
        states[^1].Reason.ShouldBe(Reason.AgentRestarted);
    }

    [Fact]
    public void A_container_that_came_up_unreported_is_reported_as_running()
    {
        var world = BookWorld.Registered();
        var launch = world.Run(BookWorld.Task("t"));
        world.Restart(null, Running(launch.Container));
        world.Register();
        world.AcknowledgeAll().Select(static update => update.State).ShouldBe([TaskState.TaskStarting, TaskState.TaskRunning]);
    }

    [Fact]
    public void A_running_task_whose_container_vanished_has_failed()
    {
        var world = BookWorld.Registered();
        world.RunUp(BookWorld.Task("t"));
        world.AcknowledgeAllOf("t");
        world.Restart();
        world.Register();
        world.ShouldReport(TaskState.TaskFailed, Reason.ExecutorTerminated);
    }

    [Fact]
    public void The_kill_of_a_task_that_ended_before_the_restart_is_over()
    {
        // Found by the simulator with seeds 1 to 4: its kill was forced every ten seconds for ever, and each time the
        // record of the closed task was on the disk again.
        var world = BookWorld.Registered();
        var launch = world.RunUp(BookWorld.Task("t"));
        world.AcknowledgeAll();
        world.Kill("t");
        world.Exited(launch.Container, status: 15);
        world.Restart();
        world.Register();
        world.AcknowledgeAll();

        world.Pass(TimeSpan.FromMinutes(1));

        world.Signals().ShouldBeEmpty();
        world.Destroyed().ShouldBeEmpty();
        world.Disk.Keys.ShouldNotContain(static key => key.StartsWith("tasks/", StringComparison.Ordinal));
    }

    [Fact]
    public void Containers_of_nobody_are_destroyed()
    {
        var world = BookWorld.Registered();
        var stranger = new ContainerId("stranger");
        world.Restart(null, Running(stranger));
        world.Destroyed().ShouldBe([stranger]);
    }

    [Fact]
    public void A_kill_under_way_goes_on_with_what_is_left_of_its_grace()
    {
        var world = BookWorld.Registered();
        var launch = world.RunUp(BookWorld.Task("t"));
        world.AcknowledgeAllOf("t");
        world.Kill("t", TimeSpan.FromSeconds(60));
        world.Pass(TimeSpan.FromSeconds(50));
        world.Restart(null, Running(launch.Container));
        world.Signals().ShouldBe([(launch.Container, 15)]);
        world.Register();
        world.Pass(TimeSpan.FromSeconds(10));
        world.Signals().ShouldBe([(launch.Container, 9)]);
    }

    [Fact]
    public void A_clock_that_was_set_back_between_two_agents_prolongs_no_grace()
    {
        var world = BookWorld.Registered();
        var launch = world.RunUp(BookWorld.Task("t"));
        world.AcknowledgeAllOf("t");
        world.Kill("t", TimeSpan.FromSeconds(60));
        world.SetClock(TimeSpan.FromHours(-3));
        world.Restart(null, Running(launch.Container));
        world.Register();
        world.Pass(TimeSpan.FromSeconds(60));
        world.Signals().ShouldBe([(launch.Container, 9)]);
    }

    [Fact]
    public void A_clock_that_was_set_back_between_two_agents_prolongs_no_completion_time()
    {
        var world = BookWorld.Registered();
        var launch = world.RunUp(BookWorld.Task(
            "t", static task => task.MaxCompletionTime = new DurationInfo { Nanoseconds = 60_000_000_000 }));
        world.AcknowledgeAllOf("t");
        world.SetClock(TimeSpan.FromHours(-3));
        world.Restart(null, Running(launch.Container));
        world.Register();
        world.Pass(TimeSpan.FromSeconds(60));
        world.Signals().ShouldBe([(launch.Container, 9)]);
    }

    [Fact]
    public void An_unreadable_task_record_costs_that_task_alone()
    {
        var world = BookWorld.Registered();
        var sound = world.RunUp(BookWorld.Task("sound"));
        var torn = world.RunUp(BookWorld.Task("torn"));
        world.AcknowledgeAllOf("sound");
        world.AcknowledgeAllOf("torn");
        world.Restart(["tasks/fw/torn"], Running(sound.Container), Running(torn.Container));
        world.Destroyed().ShouldBe([torn.Container]);
        world.Register();
        var update = world.Updates().ShouldHaveSingleItem();
        update.TaskId.Value.ShouldBe("torn");
        update.State.ShouldBe(TaskState.TaskFailed);
        update.Message.ShouldContain("quarantine");
        world.Acknowledge(update);
        world.Disk.Keys.ShouldBe(["agent", "frameworks/fw", "tasks/fw/sound"], ignoreOrder: true);
    }

    [Fact]
    public void A_record_that_is_no_message_goes_into_quarantine_like_a_torn_one()
    {
        var world = BookWorld.Registered();
        world.RunUp(BookWorld.Task("t"));
        world.Disk["tasks/fw/t"] = [0xff, 0xff, 0xff];
        world.Disk["somebody/elses"] = [1];
        world.Restart();
        world.Quarantined.ShouldBe(["somebody/elses", "tasks/fw/t"], ignoreOrder: true);
        world.Register();
        world.ShouldReport(TaskState.TaskFailed, Reason.ExecutorTerminated);
    }

    [Fact]
    public void Without_its_own_record_the_agent_finds_its_identity_in_its_tasks()
    {
        var world = BookWorld.Registered();
        var launch = world.RunUp(BookWorld.Task("t"));
        world.Restart(["agent"], Running(launch.Container));
        world.Registration().AgentInfo.Id.Value.ShouldBe(BookWorld.Agent);
        world.Registration().Tasks.ShouldHaveSingleItem();
    }

    [Fact]
    public void Without_its_executors_record_a_pod_fails_and_its_containers_go()
    {
        var world = BookWorld.Registered();
        world.RunGroup(BookWorld.Pod(), BookWorld.Task("a"));
        var holder = world.Launches().Single().Container;
        world.Started(holder);
        var nested = world.Launches().Single().Container;
        world.Started(nested);
        world.AcknowledgeAllOf("a");
        world.Restart(["executors/fw/pod"], Running(holder), Running(nested));
        world.Destroyed().ShouldBe([holder, nested], ignoreOrder: true);
        world.Register();
        world.ShouldReport(TaskState.TaskFailed, Reason.ExecutorTerminated);
    }

    [Fact]
    public void Pod_tasks_that_ended_meanwhile_keep_their_own_statuses_and_the_rest_of_the_group_is_killed()
    {
        var world = BookWorld.Registered();
        world.RunGroup(BookWorld.Pod(), BookWorld.Task("fails"), BookWorld.Task("finishes"), BookWorld.Task("goes-on"));
        var holder = world.Launches().Single().Container;
        world.Started(holder);
        var containers = world.Launches().ToDictionary(static launch => launch.Task!.TaskId.Value, static launch => launch.Container);
        foreach (var (task, container) in containers)
        {
            world.Started(container);
            world.AcknowledgeAllOf(task);
        }

        world.Restart(
            null,
            Running(holder),
            Ended(containers["fails"], 1 << 8),
            Ended(containers["finishes"], 0),
            Running(containers["goes-on"]));
        world.Signals().ShouldContain((containers["goes-on"], 15));
        world.Register();
        world.Updates().Select(static update => (update.TaskId.Value, update.State)).ShouldBe(
            [("fails", TaskState.TaskFailed), ("finishes", TaskState.TaskFinished)], ignoreOrder: true);
    }

    [Fact]
    public void A_custom_executor_that_does_not_come_back_loses_its_tasks()
    {
        var world = BookWorld.Registered();
        var launch = world.Run(BookWorld.Task("t", static task => task.Executor = BookWorld.Custom()));
        world.Started(launch.Container);
        world.Restart(null, Running(launch.Container));
        world.Register();
        world.Pass(TimeSpan.FromSeconds(10));
        world.Destroyed().ShouldBe([launch.Container]);
        world.Exited(launch.Container, 9);
        world.ShouldReport(TaskState.TaskLost, Reason.ExecutorReregistrationTimeout);
    }

    [Fact]
    public void A_custom_executor_that_dies_before_it_is_back_fails_its_tasks_by_its_exit()
    {
        var world = BookWorld.Registered();
        var launch = world.Run(BookWorld.Task("t", static task => task.Executor = BookWorld.Custom()));
        world.Started(launch.Container);
        world.Restart(null, Running(launch.Container));
        world.Register();
        world.Exited(launch.Container, 3 << 8);
        var failed = world.Updates().ShouldHaveSingleItem();
        (failed.State, failed.Reason).ShouldBe((TaskState.TaskFailed, Reason.ExecutorTerminated));
        failed.Message.ShouldContain("exited with status 3");
    }

    private static RecoveredContainer Running(ContainerId container) => new(container, 42, End: null);

    private static RecoveredContainer Ended(ContainerId container, int status) => new(container, Pid: null, new ContainerEnd(status));
}
