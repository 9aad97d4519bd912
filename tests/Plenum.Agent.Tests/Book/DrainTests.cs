using Plenum.Agent.Book;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Executor;
using Capability = Plenum.Protocol.V1.FrameworkInfo.Types.Capability.Types.Type;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;

namespace Plenum.Agent.Tests.Book;

/// <summary>The agent's part of a drain: reference sections 4.10 and 6.14.</summary>
public sealed class DrainTests
{
    private const int Sigterm = 15;
    private const int Sigkill = 9;

    [Fact]
    public void Told_to_drain_the_agent_ends_its_tasks_itself_within_the_longest_grace_and_says_why()
    {
        var world = BookWorld.Registered(Capability.TaskKillingState);
        var patient = world.RunUp(BookWorld.Task("patient", static task => task.KillPolicy = Grace(60))).Container;
        var quick = world.RunUp(BookWorld.Task("quick", static task => task.KillPolicy = Grace(1))).Container;
        var usual = world.RunUp(BookWorld.Task("usual")).Container;

        world.Master(Order(seconds: 5));
        world.Signals().ShouldBe([(patient, Sigterm), (quick, Sigterm), (usual, Sigterm)]);
        Pass(world, 0.9).ShouldBeEmpty();
        Pass(world, 0.2).ShouldBe([(quick, Sigkill)], "its own grace is shorter");
        Pass(world, 2).ShouldBe([(usual, Sigkill)], "the default is shorter");
        Pass(world, 2).ShouldBe([(patient, Sigkill)]);

        world.Exited(patient, Sigkill);
        StatusesOf(world, "patient").TakeLast(2).Select(static status => (status.State, status.Reason))
            .ShouldBe([(TaskState.TaskKilling, Reason.AgentDraining), (TaskState.TaskKilled, Reason.AgentDraining)]);
    }

    [Fact]
    public void A_kill_before_the_drain_keeps_its_reason_and_its_grace_gets_shorter()
    {
        var world = BookWorld.Registered();
        var container = world.RunUp(BookWorld.Task("t")).Container;
        world.Kill("t", TimeSpan.FromMinutes(10));
        world.Master(Order(seconds: 5));
        Pass(world, 5).ShouldBe([(container, Sigkill)]);
        world.Exited(container, Sigkill);
        var end = StatusesOf(world, "t")[^1];
        (end.State, end.HasReason).ShouldBe((TaskState.TaskKilled, false));
    }

    [Fact]
    public void Drained_for_good_tasks_are_gone_by_operator_where_the_framework_knows_the_word()
    {
        var world = BookWorld.Registered(Capability.PartitionAware);
        var container = world.RunUp(BookWorld.Task("t")).Container;
        world.Master(Order(markGone: true));
        world.Exited(container, Sigterm);
        var end = StatusesOf(world, "t")[^1];
        (end.State, end.Reason).ShouldBe((TaskState.TaskGoneByOperator, Reason.AgentDraining));
    }

    [Fact]
    public void A_second_order_that_is_for_good_counts_for_what_the_first_one_ends()
    {
        var world = BookWorld.Registered(Capability.PartitionAware);
        var drained = world.RunUp(BookWorld.Task("drained")).Container;
        var killed = world.RunUp(BookWorld.Task("killed")).Container;
        world.Kill("killed", TimeSpan.FromMinutes(1));
        world.Master(Order());
        world.Master(Order(markGone: true));
        world.Exited(drained, Sigterm);
        world.Exited(killed, Sigterm);
        StatusesOf(world, "drained")[^1].State.ShouldBe(TaskState.TaskGoneByOperator);
        StatusesOf(world, "killed")[^1].State.ShouldBe(TaskState.TaskKilled);
    }

    [Fact]
    public void A_custom_executor_that_was_away_is_asked_with_the_shorter_policy_when_it_is_back()
    {
        var world = BookWorld.Registered();
        world.RunCustom(BookWorld.Task("t", static task => task.KillPolicy = Grace(60)));
        world.Subscribe(1);
        world.Apply(new AgentCommand.ExecutorStreamClosed(1));
        world.Master(Order(seconds: 5));
        Kills(world).ShouldBeEmpty();
        world.Subscribe(2, BookWorld.Task("t"));
        Kills(world).ShouldBe([5]);
    }

    [Fact]
    public void A_group_that_waits_for_its_executor_ends_as_drained_in_one_piece()
    {
        var world = BookWorld.Registered();
        world.RunGroup(BookWorld.Custom(), BookWorld.Task("a"), BookWorld.Task("b"));
        world.Master(Order());
        world.Updates().Select(static status => (status.TaskId.Value, status.State, status.Reason)).ShouldBe(
            [("a", TaskState.TaskKilled, Reason.AgentDraining), ("b", TaskState.TaskKilled, Reason.AgentDraining)]);
    }

    [Fact]
    public void A_custom_executor_is_asked_once_with_the_shorter_policy_and_again_when_the_framework_asks()
    {
        var world = BookWorld.Registered();
        world.RunCustom(BookWorld.Task("t"));
        world.Subscribe(1);
        world.Master(Order(seconds: 5));
        Kills(world).ShouldBe([5]);
        world.Master(Order(seconds: 5));
        Kills(world).ShouldBeEmpty("the master says it again when the agent returns");
        world.Kill("t", TimeSpan.FromMinutes(1));
        Kills(world).ShouldBe([5]);
    }

    [Fact]
    public void The_drain_outlives_the_agents_process_and_tasks_that_were_not_asked_yet_are_asked_then()
    {
        var world = BookWorld.Registered();
        var container = world.RunUp(BookWorld.Task("t")).Container;
        var before = world.Disk["tasks/fw/t"];
        world.Master(Order(seconds: 5));

        // The agent's record reached the disk, the task's did not.
        world.Disk["tasks/fw/t"] = before;
        world.Restart(corrupt: null, new RecoveredContainer(container, Pid: 42, End: null));
        world.Snapshot.Drain!.Config.MaxGracePeriod.Nanoseconds.ShouldBe(5_000_000_000);
        world.Snapshot.Drain.Started!.Nanoseconds.ShouldBe(1_700_000_000_000_000_000);
        world.Signals().ShouldBe([(container, Sigterm)]);
        world.Exited(container, Sigterm);
        var end = StatusesOf(world, "t")[^1];
        (end.State, end.Reason).ShouldBe((TaskState.TaskKilled, Reason.AgentDraining));
    }

    [Fact]
    public void The_master_ends_a_drain_by_word_or_by_a_registration_without_one()
    {
        var world = BookWorld.Registered();
        world.Master(Order());
        world.Snapshot.Drain.ShouldNotBeNull();
        world.Master(new MasterMessage { Drain = new MasterMessage.Types.Drain() });
        world.Snapshot.Drain.ShouldBeNull();

        world.Master(Order());
        world.Restart();
        world.Snapshot.Drain.ShouldNotBeNull("nobody has said that it is over");
        world.Register();
        world.Snapshot.Drain.ShouldBeNull();
        world.Restart();
        world.Snapshot.Drain.ShouldBeNull();
    }

    private static IReadOnlyList<TaskStatus> StatusesOf(BookWorld world, string task) =>
        world.Snapshot.Frameworks.Single().Executors
            .SelectMany(static executor => executor.Tasks)
            .Single(each => each.Id.Value == task).Task.Statuses;

    private static MasterMessage Order(int? seconds = null, bool markGone = false) => new()
    {
        Drain = new MasterMessage.Types.Drain
        {
            Config = new DrainConfig
            {
                MarkGone = markGone,
                MaxGracePeriod = seconds is { } grace ? Grace(grace).GracePeriod : null,
            },
            Started = new TimeInfo { Nanoseconds = 1_700_000_000_000_000_000 },
        },
    };

    private static KillPolicy Grace(int seconds) => new()
    {
        GracePeriod = new DurationInfo { Nanoseconds = seconds * 1_000_000_000L },
    };

    private static List<(ContainerId Container, int Signal)> Pass(BookWorld world, double seconds)
    {
        world.Pass(TimeSpan.FromSeconds(seconds));
        return world.Signals();
    }

    private static List<long> Kills(BookWorld world) =>
    [
        .. world.Effects.OfType<AgentEffect.SendToExecutor>()
            .Where(static effect => effect.Event.Kill is not null)
            .Select(static effect => effect.Event.Kill.KillPolicy.GracePeriod.Nanoseconds / 1_000_000_000),
    ];
}
