using Plenum.Agent.Book;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;

namespace Plenum.Agent.Tests.Book;

public sealed class PodTests
{
    [Fact]
    public void The_holder_starts_first_and_then_all_tasks_inside_it()
    {
        var world = BookWorld.Registered();
        world.RunGroup(BookWorld.Pod(), BookWorld.Task("a"), BookWorld.Task("b"));
        var holder = world.Launches().ShouldHaveSingleItem();
        holder.Kind.ShouldBe(ContainerKind.Pod);
        world.Updates().Select(static update => update.State).ShouldBe([TaskState.TaskStarting, TaskState.TaskStarting]);
        world.Started(holder.Container);
        var tasks = world.Launches();
        tasks.Select(static launch => launch.Task!.TaskId.Value).ShouldBe(["a", "b"]);
        tasks.ShouldAllBe(launch => launch.Parent == holder.Container && launch.Kind == ContainerKind.PodTask);
        tasks[0].Sandbox.ShouldBe($"{holder.Sandbox}/containers/{tasks[0].Container}");
    }

    [Fact]
    public void A_holder_that_does_not_start_fails_the_whole_group()
    {
        var world = BookWorld.Registered();
        world.RunGroup(BookWorld.Pod(), BookWorld.Task("a"), BookWorld.Task("b"));
        var holder = world.Launches().Single();
        world.Apply(new AgentCommand.ContainerLaunchFailed(holder.Container, "no room"));
        States(world).ShouldBe([("a", TaskState.TaskFailed), ("b", TaskState.TaskFailed)]);
        world.AcknowledgeAllOf("a");
        world.AcknowledgeAllOf("b");
        world.Disk.Keys.ShouldBe(["agent"]);
    }

    [Theory]
    [InlineData(1 << 8)]
    [InlineData(9)]
    public void A_task_that_ends_badly_takes_its_group_but_no_other_group(int status)
    {
        var (world, _, containers) = TwoGroups();
        world.Exited(containers["a1"], status);
        world.Signals().ShouldBe([(containers["a2"], 15)]);
        world.Exited(containers["a2"], 15);
        States(world).ShouldBe([
            ("a1", TaskState.TaskFailed),
            ("a2", TaskState.TaskKilled),
            ("b1", TaskState.TaskRunning),
        ]);
    }

    [Fact]
    public void A_task_that_finishes_leaves_the_others_alone_and_the_last_takes_the_holder()
    {
        var (world, holder, containers) = TwoGroups();
        world.Exited(containers["a1"], 0);
        world.Signals().ShouldBeEmpty();
        world.Exited(containers["a2"], 0);
        world.Destroyed().ShouldNotContain(holder);
        world.Exited(containers["b1"], 0);
        world.Destroyed().ShouldContain(holder);
        world.Exited(holder, 9);
        // For the framework this is the exit of Mesos' default executor, which leaves with 0.
        world.Sent().ShouldHaveSingleItem().ExecutorExited.Status.ShouldBe(0);
    }

    [Fact]
    public void Killing_one_task_kills_its_group()
    {
        var (world, _, containers) = TwoGroups();
        world.Kill("a2");
        world.Signals().ShouldBe([(containers["a2"], 15)]);
        world.Exited(containers["a2"], 15);
        world.Signals().ShouldBe([(containers["a1"], 15)]);
    }

    [Fact]
    public void Killing_a_task_before_delivery_keeps_the_whole_group_from_starting()
    {
        var world = BookWorld.Registered();
        world.RunGroup(BookWorld.Pod(), BookWorld.Task("a"), BookWorld.Task("b"));
        var holder = world.Launches().Single();
        world.Kill("a");
        States(world).ShouldBe([("a", TaskState.TaskKilled), ("b", TaskState.TaskKilled)]);
        world.Destroyed().ShouldContain(holder.Container);
        world.Started(holder.Container);
        world.Launches().ShouldBeEmpty();
        world.Destroyed().ShouldContain(holder.Container);
    }

    [Fact]
    public void A_holder_that_dies_while_a_registration_is_under_way_is_told_of_once_it_is_through()
    {
        // The report on its way still lists it; unsaid, its resources would stay booked until the next report.
        var (world, holder, _) = TwoGroups();
        world.Apply(new AgentCommand.LinkClosed(world.Link));
        world.Pass(TimeSpan.FromSeconds(2));
        world.Registration().Executors.ShouldHaveSingleItem();
        world.Exited(holder, 9);

        world.Register();

        world.Sent().Single(static message => message.ExecutorExited is not null).ExecutorExited.Status.ShouldBe(9);
    }

    [Fact]
    public void A_holder_that_dies_ends_its_tasks_as_executor_terminated()
    {
        var (world, holder, containers) = TwoGroups();
        world.Exited(holder, 9);
        world.Sent().Count(static message => message.MessageCase == AgentMessage.MessageOneofCase.ExecutorExited).ShouldBe(1);
        world.Destroyed().ShouldBe([holder, .. containers.Values], ignoreOrder: true);
        foreach (var container in containers.Values)
        {
            world.Exited(container, 9);
        }

        foreach (var task in world.Snapshot.Executors.SelectMany(static pair => pair.Executor.Tasks))
        {
            task.Task.State.ShouldBe(TaskState.TaskFailed);
            task.Task.Statuses[^1].Reason.ShouldBe(Reason.ExecutorTerminated);
        }
    }

    [Fact]
    public void A_group_for_a_pod_that_is_ending_is_dropped()
    {
        var (world, _, containers) = TwoGroups();
        foreach (var container in containers.Values)
        {
            world.Exited(container, 0);
        }

        world.RunGroup(BookWorld.Pod(), BookWorld.Task("late"));
        world.Launches().ShouldBeEmpty();
        world.ShouldReport(TaskState.TaskLost, Reason.ExecutorTerminated);
    }

    private static (BookWorld World, ContainerId Holder, Dictionary<string, ContainerId> Containers) TwoGroups()
    {
        var world = BookWorld.Registered();
        var containers = new Dictionary<string, ContainerId>(StringComparer.Ordinal);
        world.RunGroup(BookWorld.Pod(), BookWorld.Task("a1"), BookWorld.Task("a2"));
        var holder = world.Launches().Single().Container;
        world.Started(holder);
        Up();
        world.RunGroup(BookWorld.Pod(), BookWorld.Task("b1"));
        world.Effects.OfType<AgentEffect.UpdateLimits>().ShouldHaveSingleItem().Container.ShouldBe(holder);
        Up();
        foreach (var task in containers.Keys)
        {
            world.AcknowledgeAllOf(task);
        }

        return (world, holder, containers);

        void Up()
        {
            foreach (var launch in world.Launches())
            {
                containers[launch.Task!.TaskId.Value] = launch.Container;
                world.Started(launch.Container);
            }
        }
    }

    private static List<(string Id, TaskState State)> States(BookWorld world) =>
    [
        .. world.Snapshot.Executors
            .SelectMany(static pair => pair.Executor.Tasks)
            .Select(static task => (task.Id.Value, task.Task.State))
            .OrderBy(static pair => pair.Value, StringComparer.Ordinal),
    ];
}
