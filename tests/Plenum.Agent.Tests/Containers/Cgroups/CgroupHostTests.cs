using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Cgroups;

namespace Plenum.Agent.Tests.Containers.Cgroups;

public sealed class CgroupHostTests
{
    [Fact]
    public void Version_2_alone_is_one_hierarchy_for_everything()
    {
        var host = CgroupHost.Parse(["cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0"]);

        host.IsUnified.ShouldBeTrue();
        host.HybridMount.ShouldBeNull();
        host.PathOf("memory", "/plenum/a").ShouldBe("/sys/fs/cgroup/plenum/a");
        host.PathsOf("/plenum/a").ShouldBe(["/sys/fs/cgroup/plenum/a"]);
    }

    [Fact]
    public void A_hybrid_machine_uses_version_1_and_names_what_crun_must_not_see()
    {
        var host = CgroupHost.Parse(
        [
            "tmpfs /sys/fs/cgroup tmpfs rw 0 0",
            "cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0",
            "cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0",
            "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0",
        ]);

        host.IsUnified.ShouldBeFalse();
        host.HybridMount.ShouldBe("/sys/fs/cgroup/unified");
        host.PathOf("cpuacct", "/plenum/a").ShouldBe("/sys/fs/cgroup/cpu,cpuacct/plenum/a");
        host.PathOf("pids", "/plenum/a").ShouldBeNull();
        host.PathsOf("/x").Count().ShouldBe(2);
    }

    [Theory]
    [InlineData(0.5, null, 512, null)]
    [InlineData(0.0001, null, 2, null)]
    [InlineData(1, 1.5, 1024, 150_000)]
    [InlineData(1, double.PositiveInfinity, 1024, null)]
    public void Cpus_become_shares_and_only_a_limit_becomes_a_quota(double cpus, double? limit, int shares, int? quota)
    {
        var settings = CgroupSettings.From(new ContainerLimits { Cpus = cpus, CpuLimit = limit }, 100);

        settings.CpuShares.ShouldBe(shares);
        settings.CpuQuotaMicroseconds.ShouldBe(quota);
        settings.Processes.ShouldBe(100);
    }

    [Fact]
    public void Memory_is_bound_by_its_limit_or_its_request_and_never_by_less_than_32_MB()
    {
        const long megabyte = 1 << 20;
        CgroupSettings.From(new() { MemoryBytes = megabyte }, 1).MemoryLimitBytes.ShouldBe(32 * megabyte);
        CgroupSettings.From(new() { MemoryBytes = 64 * megabyte, MemoryLimitBytes = 128 * megabyte }, 1).MemoryLimitBytes.ShouldBe(128 * megabyte);
        CgroupSettings.From(new() { MemoryBytes = 64 * megabyte, MemoryLimitBytes = long.MaxValue }, 1).MemoryLimitBytes.ShouldBeNull();
        CgroupSettings.From(ContainerLimits.None, 1).MemoryLimitBytes.ShouldBeNull();
    }

    [Fact]
    public void What_is_nested_without_limits_of_its_own_has_no_weight_of_its_own_and_a_task_without_cpus_has_the_least()
    {
        CgroupSettings.From(ContainerLimits.OfParent, 1).CpuShares.ShouldBeNull();
        CgroupSettings.From(ContainerLimits.None, 1).CpuShares.ShouldBe(2);
    }
}
