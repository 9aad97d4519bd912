using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Cgroups;

namespace Plenum.Agent.Tests.Containers.Cgroups;

/// <summary>Where containers are among the cgroups; on version 2, which not every machine has, the paths must be right by themselves.</summary>
public sealed class CgroupPathTests
{
    private const string Root = "/plenum-test/root";

    private static readonly ContainerKey Plain = new("root");
    private static readonly ContainerKey Child = new("child", Plain);
    private static readonly ContainerKey Grandchild = new("grandchild", Child);

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void What_is_nested_is_below_its_outermost_parents_limits_and_never_in_a_cgroup_with_processes_on_version_2(bool unified, bool pod)
    {
        var bundles = Bundles(unified);
        var leaf = bundles.HasLeaf(Spec(Plain, pod));

        bundles.CgroupOf(Plain, leaf).ShouldBe(Root);
        bundles.CgroupOf(Child, leaf).ShouldBe($"{Root}/child");
        bundles.CgroupOf(Grandchild, leaf).ShouldBe($"{Root}/child.grandchild");
        leaf.ShouldBe(unified || pod, "version 1 takes processes everywhere");
        bundles.HasLeaf(Spec(Child, pod: false)).ShouldBeFalse("nothing is below it");
        BundleBuilder.ProcessCgroup(Root, leaf).ShouldBe(leaf ? $"{Root}/holder" : Root);
    }

    [Fact]
    public void A_child_that_is_called_like_the_leaf_is_not_in_it() =>
        Bundles(unified: true).CgroupOf(new ContainerKey("holder", Plain), rootHasLeaf: true)
            .ShouldNotBe(BundleBuilder.ProcessCgroup(Root, hasLeaf: true));

    [Fact]
    public void Below_a_parent_of_an_earlier_agent_that_is_in_no_leaf_nothing_can_be_on_version_2() =>
        Bundles(unified: true).CgroupOf(Child, rootHasLeaf: false).ShouldBe("/plenum-test/root.child");

    private static BundleBuilder Bundles(bool unified) => new(
        new ContainerRuntimeOptions { WorkDirectory = "/nowhere", CgroupParent = "plenum-test" },
        CgroupHost.Parse([unified ? "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0" : "cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0"]));

    private static ContainerSpec Spec(ContainerKey key, bool pod) => new()
    {
        Key = key,
        SandboxDirectory = "/nowhere",
        Command = new ContainerCommand(),
        HoldsPod = pod,
    };
}
