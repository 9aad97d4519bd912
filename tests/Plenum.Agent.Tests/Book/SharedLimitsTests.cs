using Plenum.Agent.Book.Launching;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Tests.Book;

public sealed class SharedLimitsTests
{
    private static readonly IEnumerable<Resource> Own = ResourceSet.Parse("cpus:0.1;mem:32").ToWire();

    [Fact]
    public void Where_no_task_has_a_limit_there_is_none() => SharedLimits.Of(Own, [Task()]).ShouldBeEmpty();

    [Fact]
    public void A_request_stands_in_for_a_missing_limit()
    {
        var limits = SharedLimits.Of(Own, [Task(("mem", 300)), Task()]);
        limits.ShouldHaveSingleItem();
        limits["mem"].ShouldBe(32 + 300 + 100);
    }

    [Fact]
    public void One_without_an_end_leaves_the_whole_without()
    {
        var limits = SharedLimits.Of(Own, [Task(("cpus", double.PositiveInfinity)), Task(("cpus", 3))]);
        limits["cpus"].ShouldBe(double.PositiveInfinity);
    }

    [Fact]
    public void A_later_group_of_a_pod_widens_it()
    {
        var world = BookWorld.Registered();
        world.RunGroup(BookWorld.Pod(), BookWorld.Task("first"));
        var holder = world.Launches().ShouldHaveSingleItem();
        holder.Limits.ShouldBeEmpty();
        world.Started(holder.Container);
        world.RunGroup(BookWorld.Pod(), BookWorld.Task("second", static task => task.Limits.Add("mem", new Value.Types.Scalar { Value = 200 })));
        var update = world.Effects.OfType<Plenum.Agent.Book.AgentEffect.UpdateLimits>().ShouldHaveSingleItem();
        update.Limits["mem"].ShouldBe(200 + ResourceSet.FromWire(BookWorld.Pod().Resources).Scalar("mem")
            + ResourceSet.FromWire(BookWorld.Task("first").Resources).Scalar("mem"));
    }

    [Fact]
    public void With_the_end_of_a_group_a_pod_has_less()
    {
        var world = BookWorld.Registered();
        world.RunGroup(BookWorld.Pod(), BookWorld.Task("first"));
        var holder = world.Launches().ShouldHaveSingleItem();
        world.Started(holder.Container);
        world.Started(world.Launches().ShouldHaveSingleItem().Container);
        world.RunGroup(BookWorld.Pod(), BookWorld.Task("second", static task => task.Limits.Add("mem", new Value.Types.Scalar { Value = 200 })));
        var second = world.Launches().ShouldHaveSingleItem().Container;
        world.Started(second);
        world.Exited(second, 0);
        var update = world.Effects.OfType<Plenum.Agent.Book.AgentEffect.UpdateLimits>().ShouldHaveSingleItem();
        update.Container.ShouldBe(holder.Container);
        update.Limits.ShouldBeEmpty();
        update.Resources.ShouldBe([.. BookWorld.Pod().Resources, .. BookWorld.Task("first").Resources]);
    }

    private static TaskInfo Task(params (string Name, double Value)[] limits)
    {
        var task = new TaskInfo { Resources = { ResourceSet.Parse("cpus:1;mem:100").ToWire() } };
        foreach (var (name, value) in limits)
        {
            task.Limits.Add(name, new Value.Types.Scalar { Value = value });
        }

        return task;
    }
}
