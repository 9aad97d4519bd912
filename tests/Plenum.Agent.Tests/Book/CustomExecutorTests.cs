using Google.Protobuf;
using Plenum.Agent.Book;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Executor;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;
using Source = Plenum.Protocol.V1.TaskStatus.Types.Source;

namespace Plenum.Agent.Tests.Book;

public sealed class CustomExecutorTests
{
    private const string Gpu = "gpus:1";

    [Fact]
    public void Tasks_wait_for_the_subscription_and_are_delivered_after_subscribed()
    {
        var world = BookWorld.Registered();
        Run(world, "a");
        world.Updates().ShouldBeEmpty("the executor reports, not the agent");
        Subscribe(world, stream: 1);
        Events(world).Select(static e => e.Type).ShouldBe([Event.Types.Type.Subscribed, Event.Types.Type.Launch]);
        world.Master(RunMessage(world, "b"));
        Events(world).Single().Launch.Task.TaskId.Value.ShouldBe("b");
        world.Launches().ShouldBeEmpty("the executor lives already");
    }

    [Fact]
    public void A_task_that_needs_more_gpus_than_its_executor_was_started_with_fails_with_a_reason()
    {
        var world = BookWorld.Registered();
        var first = RunMessage(world, "first", Gpu);
        world.Master(first);
        var container = world.Launches().ShouldHaveSingleItem().Container;
        world.Started(container);
        Subscribe(world, stream: 1);
        world.Restart(null, new RecoveredContainer(container, 42, End: null));
        world.Register();
        world.Subscribe(2, first.RunTask.Task);
        world.Master(RunMessage(world, "second", Gpu));
        Events(world).ShouldBeEmpty("it would run without its device");
        world.ShouldReport(TaskState.TaskFailed, Reason.ContainerUpdateFailed);
        world.Updates().Single().Message.ShouldContain("started with 1 GPUs and would need 2");
        world.AcknowledgeAllOf("second");

        // One without goes on as ever, and the first one's device is free for the next when it has ended.
        world.Master(RunMessage(world, "third"));
        Events(world).Single().Launch.Task.TaskId.Value.ShouldBe("third");
        world.Apply(new AgentCommand.ExecutorCalling(1, new Call
        {
            Type = Call.Types.Type.Update,
            FrameworkId = world.Info.Id,
            ExecutorId = new ExecutorID { Value = "custom" },
            Update = new Call.Types.Update { Status = Status("first", TaskState.TaskFinished) },
        }));
        world.Master(RunMessage(world, "fourth", Gpu));
        Events(world).Single().Launch.Task.TaskId.Value.ShouldBe("fourth");
    }

    [Fact]
    public void One_that_never_subscribes_is_destroyed_and_its_tasks_fail()
    {
        var world = BookWorld.Registered();
        var launch = Run(world, "t");
        world.Started(launch.Container);
        world.Pass(TimeSpan.FromMinutes(1));
        world.Destroyed().ShouldBe([launch.Container]);
        world.Register();
        world.Exited(launch.Container, 9);
        world.Snapshot.Executors.Single().Executor.Tasks.Single().Task.Statuses[^1].Reason.ShouldBe(Reason.ExecutorRegistrationTimeout);
    }

    [Fact]
    public void Shutdown_waits_the_grace_and_then_destroys_and_the_exit_is_told()
    {
        var world = BookWorld.Registered();
        var launch = Run(world, "t");
        world.Started(launch.Container);
        Subscribe(world, stream: 1);
        world.Master(new MasterMessage
        {
            ShutdownExecutor = new MasterMessage.Types.ShutdownExecutor
            {
                FrameworkId = world.Info.Id,
                ExecutorId = new ExecutorID { Value = "custom" },
            },
        });
        Events(world).Single().Type.ShouldBe(Event.Types.Type.Shutdown);
        world.Pass(TimeSpan.FromSeconds(4.9));
        world.Destroyed().ShouldBeEmpty();
        world.Pass(TimeSpan.FromSeconds(0.1));
        world.Destroyed().ShouldBe([launch.Container]);
        world.Exited(launch.Container, 9);
        world.Sent().Single(static message => message.ExecutorExited is not null).ExecutorExited.Status.ShouldBe(9);
        world.Updates().Single().Reason.ShouldBe(Reason.ExecutorTerminated);
    }

    [Fact]
    public void A_new_subscription_replaces_the_old_and_drops_what_the_executor_never_got()
    {
        var world = BookWorld.Registered();
        world.Started(Run(world, "lost").Container);
        Subscribe(world, stream: 1);
        Subscribe(world, stream: 2);
        world.Effects.OfType<AgentEffect.CloseExecutor>().ShouldHaveSingleItem().Stream.ShouldBe(1);
        world.ShouldReport(TaskState.TaskLost, Reason.AgentRestarted);
    }

    [Fact]
    public void Unacknowledged_updates_of_a_subscription_are_taken_once()
    {
        var world = BookWorld.Registered();
        world.Started(Run(world, "t").Container);
        Subscribe(world, stream: 1);
        var update = Status("t", TaskState.TaskRunning);
        Subscribe(world, stream: 2, update);
        world.ShouldReport(TaskState.TaskRunning);
        Subscribe(world, stream: 3, update);
        world.Updates().ShouldBeEmpty();
        world.Acknowledge(update);
        Events(world).Single().Acknowledged.Uuid.ShouldBe(update.Uuid);
        Subscribe(world, stream: 4, update);
        Events(world).ShouldContain(e => e.Type == Event.Types.Type.Acknowledged && e.Acknowledged.Uuid == update.Uuid);
    }

    [Theory]
    [InlineData("executor(1)@127.0.0.1:9", true)]
    [InlineData(null, false)]
    public void The_last_word_of_a_driver_counts_though_its_link_ended_first(string? driver, bool counts)
    {
        var world = BookWorld.Registered();
        world.Started(Run(world, "t").Container);
        Subscribe(world, stream: 1, driver);
        world.Apply(new AgentCommand.ExecutorStreamClosed(1));
        world.Apply(new AgentCommand.ExecutorCalling(2, new Call
        {
            Type = Call.Types.Type.Update,
            FrameworkId = world.Info.Id,
            ExecutorId = new ExecutorID { Value = "custom" },
            Update = new Call.Types.Update { Status = Status("t", TaskState.TaskFinished) },
        }));
        world.Effects.OfType<AgentEffect.ReplyToExecutor>().Single().StatusCode.ShouldBe(counts ? 202 : 403);
        world.Updates().Select(static update => update.State).ShouldBe(counts ? [TaskState.TaskFinished] : []);
    }

    [Fact]
    public void A_kill_before_delivery_never_reaches_the_executor_which_then_is_told_to_go()
    {
        var world = BookWorld.Registered();
        world.Started(Run(world, "t").Container);
        world.Kill("t");
        world.ShouldReport(TaskState.TaskKilled, Reason.TaskKilledDuringLaunch);
        world.AcknowledgeAll();
        Subscribe(world, stream: 1);
        Events(world).ShouldNotContain(static e => e.Type == Event.Types.Type.Launch);
    }

    [Fact]
    public void A_group_comes_in_one_event()
    {
        var world = BookWorld.Registered();
        world.RunGroup(BookWorld.Custom(), BookWorld.Task("a"), BookWorld.Task("b"));
        world.Launches().Single().Kind.ShouldBe(ContainerKind.Executor);
        Subscribe(world, stream: 1);
        Events(world)[^1].LaunchGroup.TaskGroup.Tasks.Count.ShouldBe(2);
    }

    private static ContainerLaunch Run(BookWorld world, string task)
    {
        world.Master(RunMessage(world, task));
        return world.Launches().Single();
    }

    private static MasterMessage RunMessage(BookWorld world, string task, string resources = "") => new()
    {
        RunTask = new MasterMessage.Types.RunTask
        {
            Framework = world.Info,
            Task = BookWorld.Task(task, info =>
            {
                info.Executor = BookWorld.Custom();
                info.Resources.AddRange(ResourceSet.Parse(resources).ToWire());
            }),
        },
    };

    private static TaskStatus Status(string task, TaskState state) => new()
    {
        TaskId = new TaskID { Value = task },
        State = state,
        Source = Source.Executor,
        Uuid = ByteString.CopyFrom(Guid.NewGuid().ToByteArray()),
    };

    private static void Subscribe(BookWorld world, long stream, params TaskStatus[] updates) =>
        Subscribe(world, stream, driver: null, updates);

    private static void Subscribe(BookWorld world, long stream, string? driver, params TaskStatus[] updates) =>
        world.Apply(new AgentCommand.ExecutorSubscribing(stream, new Call
        {
            Type = Call.Types.Type.Subscribe,
            FrameworkId = world.Info.Id,
            ExecutorId = new ExecutorID { Value = "custom" },
            Subscribe = new Call.Types.Subscribe
            {
                UnacknowledgedUpdates = { updates.Select(static status => new Call.Types.Update { Status = status }) },
            },
        }) { DriverPid = driver });

    private static List<Event> Events(BookWorld world) =>
        [.. world.Effects.OfType<AgentEffect.SendToExecutor>().Select(static effect => effect.Event)];
}
