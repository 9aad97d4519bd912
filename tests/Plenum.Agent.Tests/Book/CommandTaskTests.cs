using Plenum.Agent.Book;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Capability = Plenum.Protocol.V1.FrameworkInfo.Types.Capability.Types.Type;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;
using Source = Plenum.Protocol.V1.TaskStatus.Types.Source;

namespace Plenum.Agent.Tests.Book;

public sealed class CommandTaskTests
{
    private const int Sigkill = 9;
    private const int Sigterm = 15;

    [Fact]
    public void A_task_goes_from_starting_over_running_to_finished_with_one_update_in_flight()
    {
        var world = BookWorld.Registered();
        var launch = world.Run(BookWorld.Task("t"));
        launch.Kind.ShouldBe(ContainerKind.Command);
        launch.Sandbox.ShouldBe($"slaves/{BookWorld.Agent}/frameworks/fw/executors/t/runs/{launch.Container}");
        world.ShouldReport(TaskState.TaskStarting);
        var starting = world.Updates()[0];

        world.Started(launch.Container);
        world.Updates().ShouldBeEmpty("the update before is not acknowledged");
        world.Acknowledge(starting);
        world.ShouldReport(TaskState.TaskRunning);
        var running = world.Updates()[0];
        running.Source.ShouldBe(Source.Executor);
        running.ContainerStatus.ContainerId.Value.ShouldBe(launch.Container.Value);
        running.ContainerStatus.ExecutorPid.ShouldBe(42u);
        running.Uuid.Length.ShouldBe(16);

        world.Acknowledge(running);
        world.Exited(launch.Container, status: 0);
        world.ShouldReport(TaskState.TaskFinished);
        world.Updates()[0].Message.ShouldBe("Command exited with status 0");
        world.Destroyed().ShouldBe([launch.Container]);
    }

    [Theory]
    [InlineData(3 << 8, "Command exited with status 3")]
    [InlineData(11, "Command terminated with signal Segmentation fault")]
    [InlineData(9, "Command terminated with signal Killed")]
    [InlineData(6 | 0x80, "Command terminated with signal Aborted (core dumped)")]
    public void Any_other_end_is_failed_in_the_words_that_tools_look_for(int status, string message)
    {
        var world = BookWorld.Registered();
        var launch = world.RunUp(BookWorld.Task("t"));
        world.Exited(launch.Container, status);
        world.Snapshot.Frameworks[0].Executors[0].Tasks[0].Task.Statuses[^1].Message.ShouldBe(message);
        world.Snapshot.Frameworks[0].Executors[0].Tasks[0].Task.State.ShouldBe(TaskState.TaskFailed);
    }

    [Theory]
    [InlineData(Sigkill)]
    [InlineData(0)] // A child was killed, and the shell around it ended well.
    public void Out_of_memory_is_named_as_the_reason_by_the_agent(int status)
    {
        var world = BookWorld.Registered();
        var launch = world.RunUp(BookWorld.Task("t"));
        world.AcknowledgeAllOf("t");
        world.Apply(new AgentCommand.ContainerExited(
            launch.Container,
            new ContainerEnd(status, OutOfMemory: true, MemoryLimitBytes: 32 << 20, MemoryPeakBytes: 32 << 20)));
        world.ShouldReport(TaskState.TaskFailed, Reason.ContainerLimitationMemory);
        world.Updates()[0].Source.ShouldBe(Source.Agent);
        world.Updates()[0].Message.ShouldContain("32MB");
    }

    [Theory]
    [InlineData(true, TaskState.TaskGoneByOperator)]
    [InlineData(false, TaskState.TaskKilled)]
    public void A_task_killed_because_its_agent_goes_for_good_says_so_also_after_a_restart(bool aware, TaskState end)
    {
        var world = aware ? BookWorld.Registered(FrameworkInfo.Types.Capability.Types.Type.PartitionAware) : BookWorld.Registered();
        var launch = world.RunUp(BookWorld.Task("t"));
        world.AcknowledgeAllOf("t");
        world.Master(new MasterMessage
        {
            KillTask = new MasterMessage.Types.KillTask
            {
                FrameworkId = new FrameworkID { Value = BookWorld.Framework }, TaskId = new TaskID { Value = "t" }, AgentGone = true,
            },
        });
        world.Restart(containers: new RecoveredContainer(launch.Container, 42, End: null));
        world.Register();
        world.Exited(launch.Container, Sigterm);
        world.ShouldReport(end);
    }

    [Fact]
    public void What_happens_is_counted()
    {
        var world = BookWorld.Registered();
        world.Exited(world.RunUp(BookWorld.Task("finishes")).Container, 0);
        world.Exited(world.RunUp(BookWorld.Task("fails")).Container, 1 << 8);
        var killed = world.RunUp(BookWorld.Task("killed"));
        world.Kill("killed");
        world.Exited(killed.Container, Sigterm);
        world.Apply(new AgentCommand.ContainerLaunchFailed(world.Run(BookWorld.Task("never")).Container, "no such image"));
        var counters = world.Snapshot.Counters;
        (counters.TasksFinished, counters.TasksFailed, counters.TasksKilled, counters.TasksLost).ShouldBe((1, 2, 1, 0));
        (counters.ExecutorsTerminated, counters.ContainerLaunchErrors).ShouldBe((4, 1));
        counters.ValidStatusUpdates.ShouldBeGreaterThanOrEqualTo(8);
    }

    [Fact]
    public void A_container_that_does_not_start_fails_its_task_with_the_reason()
    {
        var world = BookWorld.Registered();
        var launch = world.Run(BookWorld.Task("t"));
        world.Acknowledge(world.Updates()[0]);
        world.Apply(new AgentCommand.ContainerLaunchFailed(launch.Container, "no such image"));
        world.ShouldReport(TaskState.TaskFailed, Reason.ContainerLaunchFailed);
        world.Updates()[0].Message.ShouldBe("no such image");
    }

    [Fact]
    public void A_kill_asks_waits_the_grace_and_then_forces()
    {
        var world = BookWorld.Registered(Capability.TaskKillingState);
        var launch = world.RunUp(BookWorld.Task("t"));
        world.AcknowledgeAllOf("t");
        world.Kill("t", TimeSpan.FromSeconds(8));
        world.ShouldReport(TaskState.TaskKilling);
        world.Signals().ShouldBe([(launch.Container, Sigterm)]);
        world.Acknowledge(world.Updates()[0]);
        world.Pass(TimeSpan.FromSeconds(7.9));
        world.Signals().ShouldBeEmpty();
        world.Pass(TimeSpan.FromSeconds(0.1));
        world.Signals().ShouldBe([(launch.Container, Sigkill)]);
        world.Exited(launch.Container, Sigkill);
        world.ShouldReport(TaskState.TaskKilled);
    }

    [Fact]
    public void A_killed_task_is_killed_whatever_its_exit_status()
    {
        var world = BookWorld.Registered();
        var launch = world.RunUp(BookWorld.Task("t"));
        world.AcknowledgeAllOf("t");
        world.Kill("t");
        world.Updates().ShouldBeEmpty("this framework does not know TASK_KILLING");
        world.Exited(launch.Container, status: 0);
        world.ShouldReport(TaskState.TaskKilled);
    }

    [Fact]
    public void The_calls_policy_beats_the_tasks_and_that_the_default()
    {
        var own = new Action<TaskInfo>(static task => task.KillPolicy = new KillPolicy
        {
            GracePeriod = new DurationInfo { Nanoseconds = 5_000_000_000 },
        });
        foreach (var (task, grace, seconds) in new[]
        {
            (BookWorld.Task("t"), (TimeSpan?)null, 3.0),
            (BookWorld.Task("t", own), null, 5.0),
            (BookWorld.Task("t", own), TimeSpan.FromSeconds(1), 1.0),
        })
        {
            var world = BookWorld.Registered();
            world.RunUp(task);
            world.AcknowledgeAllOf("t");
            var killed = world.Now;
            world.Kill("t", grace);
            world.Book.NextDeadline.ShouldBe(killed.AddSeconds(seconds));
        }
    }

    [Fact]
    public void A_second_kill_shortens_the_grace_and_never_lengthens_it()
    {
        var world = BookWorld.Registered();
        var launch = world.RunUp(BookWorld.Task("t"));
        world.AcknowledgeAllOf("t");
        var killed = world.Now;
        world.Kill("t", TimeSpan.FromSeconds(30));
        world.Kill("t", TimeSpan.FromSeconds(60));
        world.Book.NextDeadline.ShouldBe(killed.AddSeconds(30));
        world.Kill("t", TimeSpan.FromSeconds(5));
        world.Book.NextDeadline.ShouldBe(killed.AddSeconds(5));
        world.Kill("t", TimeSpan.Zero);
        world.Signals().ShouldBe([(launch.Container, Sigkill)]);
    }

    [Fact]
    public void A_container_that_survives_sigkill_is_torn_down_until_it_is_gone()
    {
        var world = BookWorld.Registered();
        var launch = world.RunUp(BookWorld.Task("t"));
        world.AcknowledgeAllOf("t");
        world.Kill("t", TimeSpan.Zero);
        world.Pass(TimeSpan.FromSeconds(25));
        world.Destroyed().ShouldBe([launch.Container, launch.Container]);
    }

    [Fact]
    public void A_kill_during_the_launch_aborts_it_and_says_so()
    {
        var world = BookWorld.Registered();
        var launch = world.Run(BookWorld.Task("t"));
        world.Acknowledge(world.Updates()[0]);
        world.Kill("t");
        world.Destroyed().ShouldBe([launch.Container]);
        world.Apply(new AgentCommand.ContainerLaunchFailed(launch.Container, "given up"));
        world.ShouldReport(TaskState.TaskKilled, Reason.TaskKilledDuringLaunch);
    }

    [Fact]
    public void A_container_that_comes_up_after_the_kill_is_destroyed_and_never_reported_as_running()
    {
        var world = BookWorld.Registered();
        var launch = world.Run(BookWorld.Task("t"));
        world.Acknowledge(world.Updates()[0]);
        world.Kill("t");
        world.Started(launch.Container);
        world.Destroyed().ShouldBe([launch.Container]);
        world.Updates().ShouldBeEmpty();
        world.Exited(launch.Container, Sigkill);
        world.ShouldReport(TaskState.TaskKilled, Reason.TaskKilledDuringLaunch);
    }

    [Fact]
    public void Max_completion_time_kills_without_grace_and_fails_the_task()
    {
        var world = BookWorld.Registered();
        var launch = world.RunUp(BookWorld.Task("t", static task =>
            task.MaxCompletionTime = new DurationInfo { Nanoseconds = 5_000_000_000 }));
        world.AcknowledgeAllOf("t");
        world.Pass(TimeSpan.FromSeconds(5));
        world.Signals().ShouldBe([(launch.Container, Sigkill)]);
        world.Exited(launch.Container, Sigkill);
        world.ShouldReport(TaskState.TaskFailed, Reason.MaxCompletionTimeReached);
    }

    [Fact]
    public void A_repeated_launch_of_a_known_task_starts_nothing()
    {
        var world = BookWorld.Registered();
        world.RunUp(BookWorld.Task("t"));
        world.Master(new MasterMessage { RunTask = new MasterMessage.Types.RunTask { Framework = world.Info, Task = BookWorld.Task("t") } });
        world.Launches().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a\nb")]
    public void An_identity_that_would_be_a_path_is_an_error_and_nothing_starts(string id)
    {
        var world = BookWorld.Registered();
        world.Master(new MasterMessage { RunTask = new MasterMessage.Types.RunTask { Framework = world.Info, Task = BookWorld.Task(id) } });
        world.Launches().ShouldBeEmpty();
        world.ShouldReport(TaskState.TaskError, Reason.TaskInvalid);
    }

    [Fact]
    public void The_checkpoint_of_a_launch_is_written_by_the_command_that_launches()
    {
        var world = BookWorld.Registered();
        world.Run(BookWorld.Task("t"));
        world.Effects.OfType<AgentEffect.WriteCheckpoint>().Select(static write => write.Key)
            .ShouldBe(["frameworks/fw", "tasks/fw/t"], ignoreOrder: true);
    }

    [Fact]
    public void The_final_acknowledgement_removes_every_trace_but_the_history()
    {
        var world = BookWorld.Registered();
        var launch = world.RunUp(BookWorld.Task("t"));
        world.AcknowledgeAllOf("t");
        world.Exited(launch.Container, 0);
        world.Acknowledge(world.Updates()[0]);
        world.Disk.Keys.ShouldBe(["agent"]);
        world.Snapshot.Frameworks.ShouldBeEmpty();
        world.Snapshot.CompletedFrameworks.Single().CompletedExecutors.Single().CompletedTasks.Single().Id.Value.ShouldBe("t");
    }

    [Fact]
    public void A_removed_frameworks_tasks_are_killed_and_nothing_is_reported()
    {
        var world = BookWorld.Registered(Capability.TaskKillingState);
        var launch = world.RunUp(BookWorld.Task("t"));
        world.Master(new MasterMessage
        {
            ShutdownFramework = new MasterMessage.Types.ShutdownFramework { FrameworkId = world.Info.Id },
        });
        world.Updates().ShouldBeEmpty();
        world.Signals().ShouldBe([(launch.Container, Sigterm)]);
        world.Exited(launch.Container, Sigterm);
        world.Updates().ShouldBeEmpty();
        world.Snapshot.Frameworks.ShouldBeEmpty();
        world.Disk.Keys.ShouldBe(["agent"]);
    }
}
