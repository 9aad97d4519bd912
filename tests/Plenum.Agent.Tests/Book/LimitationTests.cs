using Plenum.Agent.Book;
using Plenum.Protocol.V1;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;

namespace Plenum.Agent.Tests.Book;

public sealed class LimitationTests
{
    private static readonly ContainerLimitation TooMuchDisk = new(
        Reason.ContainerLimitationDisk,
        "the disk is over",
        [new Resource { Name = "disk", Type = Value.Types.Type.Scalar, Scalar = new Value.Types.Scalar { Value = 8 } }]);

    private static readonly ContainerLimitation Preemption = new(
        Reason.ContainerPreempted,
        "the machine is busy",
        [new Resource { Name = "cpus", Type = Value.Types.Type.Scalar, Scalar = new Value.Types.Scalar { Value = 1 }, Revocable = new() }]);

    [Fact]
    public void A_container_over_its_limit_is_torn_down_and_its_task_fails_with_reason_and_numbers()
    {
        var world = BookWorld.Registered();
        var launch = world.RunUp(BookWorld.Task("t"));
        world.AcknowledgeAllOf("t");
        world.Apply(new AgentCommand.ContainerLimited(launch.Container, TooMuchDisk));
        world.Destroyed().ShouldBe([launch.Container]);
        world.Updates().ShouldBeEmpty();
        world.Exited(launch.Container, 9);
        ShouldFailForIt(world.Updates().ShouldHaveSingleItem());
    }

    [Fact]
    public void The_limitation_is_remembered_by_an_agent_that_dies_before_the_container_does()
    {
        var world = BookWorld.Registered();
        var launch = world.RunUp(BookWorld.Task("t"));
        world.AcknowledgeAllOf("t");
        world.Apply(new AgentCommand.ContainerLimited(launch.Container, TooMuchDisk));
        world.Restart(null, new RecoveredContainer(launch.Container, 42, End: null));
        world.Destroyed().ShouldBe([launch.Container]);
        world.Register();
        world.Exited(launch.Container, 9);
        ShouldFailForIt(world.Updates().ShouldHaveSingleItem());
    }

    [Fact]
    public void And_by_one_that_dies_after_it()
    {
        var world = BookWorld.Registered();
        var launch = world.RunUp(BookWorld.Task("t"));
        world.AcknowledgeAllOf("t");
        world.Apply(new AgentCommand.ContainerLimited(launch.Container, TooMuchDisk));
        world.Restart();
        world.Register();
        ShouldFailForIt(world.Updates().ShouldHaveSingleItem());
    }

    [Fact]
    public void A_task_that_is_being_killed_ends_by_that_kill()
    {
        var world = BookWorld.Registered();
        var launch = world.RunUp(BookWorld.Task("t"));
        world.AcknowledgeAllOf("t");
        world.Kill("t");
        world.Apply(new AgentCommand.ContainerLimited(launch.Container, TooMuchDisk));
        world.Destroyed().ShouldBeEmpty();
        world.Exited(launch.Container, 15);
        world.ShouldReport(TaskState.TaskKilled);
    }

    [Fact]
    public void A_pod_over_its_limit_ends_with_all_its_tasks_for_that_reason()
    {
        var world = BookWorld.Registered();
        world.RunGroup(BookWorld.Pod(), BookWorld.Task("a"), BookWorld.Task("b"));
        var holder = world.Launches().Single().Container;
        world.Started(holder);
        var tasks = world.Launches().Select(static launch => launch.Container).ToArray();
        world.Started(tasks[0]);
        world.Started(tasks[1]);
        world.AcknowledgeAllOf("a");
        world.AcknowledgeAllOf("b");
        world.Apply(new AgentCommand.ContainerLimited(holder, TooMuchDisk));
        world.Destroyed().ShouldBe([holder]);

        // The runtime ends what is nested first.
        world.Exited(tasks[0], 9);
        ShouldFailForIt(world.Updates().ShouldHaveSingleItem());
        world.Signals().ShouldBeEmpty();
        world.Exited(tasks[1], 9);
        ShouldFailForIt(world.Updates().ShouldHaveSingleItem());
    }

    [Fact]
    public void An_unknown_container_and_one_that_is_over_are_left_alone()
    {
        var world = BookWorld.Registered();
        var launch = world.RunUp(BookWorld.Task("t"));
        world.Exited(launch.Container, 0);
        world.Apply(new AgentCommand.ContainerLimited(launch.Container, TooMuchDisk));
        world.Apply(new AgentCommand.ContainerLimited(new ContainerId("nobody"), TooMuchDisk));
        world.Effects.ShouldBeEmpty();
    }

    [Fact]
    public void Out_of_memory_says_how_much_memory_that_was()
    {
        var world = BookWorld.Registered();
        var launch = world.RunUp(BookWorld.Task("t"));
        world.AcknowledgeAllOf("t");
        world.Apply(new AgentCommand.ContainerExited(launch.Container, new ContainerEnd(9, OutOfMemory: true, 32 << 20, 33 << 20)));
        var failed = world.Updates().ShouldHaveSingleItem();
        failed.Reason.ShouldBe(Reason.ContainerLimitationMemory);
        var exceeded = failed.Limitation.Resources.ShouldHaveSingleItem();
        exceeded.Name.ShouldBe("mem");
        exceeded.Scalar.Value.ShouldBe(33);
    }

    [Fact]
    public void An_executor_that_ran_out_of_memory_fails_its_tasks_with_the_numbers()
    {
        var world = BookWorld.Registered();
        world.RunCustom(BookWorld.Task("t"));
        var container = world.Snapshot.Executors.Single().Executor.Container;
        world.Started(container);
        world.Subscribe(1);
        world.Apply(new AgentCommand.ContainerExited(container, new ContainerEnd(9, OutOfMemory: true, 64 << 20, 64 << 20)));
        var failed = world.Updates().ShouldHaveSingleItem();
        (failed.State, failed.Reason).ShouldBe((TaskState.TaskFailed, Reason.ContainerLimitationMemory));
        failed.Message.ShouldBe("Memory limit exceeded: Limit: 64MB Maximum Used: 64MB");
        failed.Limitation.Resources.ShouldHaveSingleItem().Scalar.Value.ShouldBe(64);
    }

    [Theory]
    [InlineData(true, TaskState.TaskGone)]
    [InlineData(false, TaskState.TaskLost)]
    public void A_task_whose_lent_resources_are_taken_back_is_gone(bool isAware, TaskState expected)
    {
        var world = BookWorld.Registered(isAware ? [FrameworkInfo.Types.Capability.Types.Type.PartitionAware] : []);
        var launch = world.RunUp(BookWorld.Task("t"));
        world.AcknowledgeAllOf("t");
        world.Apply(new AgentCommand.ContainerLimited(launch.Container, Preemption));
        world.Apply(new AgentCommand.ContainerLimited(launch.Container, Preemption));
        world.Restart(null, new RecoveredContainer(launch.Container, 42, End: null));
        world.Register();
        world.Exited(launch.Container, 9);
        ShouldBePreempted(world.Updates().ShouldHaveSingleItem(), expected);
    }

    [Fact]
    public void A_custom_executor_goes_with_its_tasks_and_counts_once()
    {
        var world = BookWorld.Registered();
        world.RunCustom(BookWorld.Task("t"));
        var container = world.Snapshot.Executors.Single().Executor.Container;
        world.Started(container);
        world.Subscribe(1);
        world.Apply(new AgentCommand.ContainerLimited(container, Preemption));
        world.Apply(new AgentCommand.ContainerLimited(container, Preemption));
        world.Destroyed().ShouldBe([container], "whoever measures asks again");
        world.Exited(container, 9);
        ShouldBePreempted(world.Updates().ShouldHaveSingleItem(), TaskState.TaskLost);
        world.Snapshot.Counters.ExecutorsPreempted.ShouldBe(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_agent_that_restarts_meanwhile_still_knows_why_an_executor_was_ended(bool hasEnded)
    {
        var world = BookWorld.Registered();
        world.RunCustom(BookWorld.Task("t"));
        var container = world.Snapshot.Executors.Single().Executor.Container;
        world.Started(container);
        world.Subscribe(1);
        world.Apply(new AgentCommand.ContainerLimited(container, Preemption));
        world.Restart(null, new RecoveredContainer(container, 42, hasEnded ? new ContainerEnd(9) : null));
        world.Register();
        if (!hasEnded)
        {
            world.Exited(container, 9);
        }

        ShouldBePreempted(world.Updates().ShouldHaveSingleItem(), TaskState.TaskLost);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_task_that_starts_on_lent_resources_is_given_up_whether_or_not_it_comes_to_run_before(bool comesTooLate)
    {
        var world = BookWorld.Registered();
        var launch = world.Run(BookWorld.Task("t"));
        world.AcknowledgeAll();
        world.Apply(new AgentCommand.ContainerLimited(launch.Container, Preemption));
        world.Destroyed().ShouldBe([launch.Container]);
        if (comesTooLate)
        {
            world.Started(launch.Container);
            world.Updates().ShouldBeEmpty("it does not count as running any more");
            world.Destroyed().ShouldBe([launch.Container]);
            world.Exited(launch.Container, 9);
        }
        else
        {
            world.Apply(new AgentCommand.ContainerLaunchFailed(launch.Container, "The launch was given up"));
        }

        ShouldBePreempted(world.Updates().ShouldHaveSingleItem(), TaskState.TaskLost);
        world.Snapshot.Counters.ExecutorsPreempted.ShouldBe(1);
    }

    [Fact]
    public void One_that_exceeds_nothing_yet_because_it_starts_goes_on_starting()
    {
        var world = BookWorld.Registered();
        var launch = world.Run(BookWorld.Task("t"));
        world.AcknowledgeAll();
        world.Apply(new AgentCommand.ContainerLimited(launch.Container, TooMuchDisk));
        world.Effects.ShouldBeEmpty();
    }

    [Fact]
    public void What_was_lent_is_not_waited_for_until_the_grace_of_a_kill_is_over()
    {
        var world = BookWorld.Registered();
        var launch = world.RunUp(BookWorld.Task("t"));
        world.AcknowledgeAllOf("t");
        world.Kill("t", TimeSpan.FromHours(1));
        world.Apply(new AgentCommand.ContainerLimited(launch.Container, Preemption));
        world.Destroyed().ShouldBe([launch.Container]);
        world.Exited(launch.Container, 9);
        world.ShouldReport(TaskState.TaskKilled);
    }

    [Fact]
    public void Nor_until_an_executor_has_shut_down()
    {
        var world = BookWorld.Registered();
        world.RunCustom(BookWorld.Task("t"));
        var executor = world.Snapshot.Executors.Single().Executor;
        world.Started(executor.Container);
        world.Subscribe(1);
        world.Master(new Plenum.Protocol.Link.V1.MasterMessage
        {
            ShutdownExecutor = new Plenum.Protocol.Link.V1.MasterMessage.Types.ShutdownExecutor
            {
                FrameworkId = world.Info.Id,
                ExecutorId = executor.Info.ExecutorId,
            },
        });
        world.Destroyed().ShouldBeEmpty();
        world.Apply(new AgentCommand.ContainerLimited(executor.Container, Preemption));
        world.Destroyed().ShouldBe([executor.Container]);
    }

    private static void ShouldBePreempted(TaskStatus status, TaskState expected)
    {
        status.State.ShouldBe(expected);
        status.Reason.ShouldBe(Reason.ContainerPreempted);
        status.Message.ShouldBe("the machine is busy");
        status.Limitation.ShouldBeNull();
    }

    private static void ShouldFailForIt(TaskStatus status)
    {
        status.State.ShouldBe(TaskState.TaskFailed);
        status.Reason.ShouldBe(Reason.ContainerLimitationDisk);
        status.Message.ShouldBe("the disk is over");
        status.Limitation.Resources.ShouldBe(TooMuchDisk.Resources);
    }
}
