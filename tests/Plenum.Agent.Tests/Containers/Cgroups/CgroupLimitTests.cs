using System.Globalization;
using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Cgroups;

namespace Plenum.Agent.Tests.Containers.Cgroups;

/// <summary>Limits in cgroups that the test makes, as the kernel keeps them.</summary>
public sealed class CgroupLimitTests : IAsyncLifetime
{
    private const long Megabyte = 1 << 20;
    private readonly CgroupHost _host = CgroupHost.Detect();
    private readonly string _path = $"/plenum-test-{Guid.NewGuid():N}";

    private Cgroup Outer => new(_host, _path);

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => Outer.RemoveAsync(TimeProvider.System);

    [RootFact]
    public void A_hard_memory_limit_is_only_raised_and_none_stays_none()
    {
        Make(_path);
        Apply(Outer, memory: 64, isNew: true);
        Outer.MemoryLimit().ShouldBe(64 * Megabyte);
        Apply(Outer, memory: 128, isNew: false);
        Outer.MemoryLimit().ShouldBe(128 * Megabyte);
        Apply(Outer, memory: 64, isNew: false);
        Outer.MemoryLimit().ShouldBe(128 * Megabyte);
        Apply(Outer, memory: null, isNew: false);
        Outer.MemoryLimit().ShouldBeNull();
        Apply(Outer, memory: 64, isNew: false);
        Outer.MemoryLimit().ShouldBeNull();
    }

    [RootFact]
    public void A_quota_that_the_kernel_refuses_holds_no_memory_back()
    {
        if (_host.IsUnified)
        {
            // Version 2 takes any quota: the one above binds.
            return;
        }

        Make(_path);
        Apply(Outer, memory: 64, isNew: true);
        Make(_path + "/task");
        new Cgroup(_host, _path + "/task").Apply(new ContainerLimits { Cpus = 1, CpuLimit = 0.5 }, 100, isNew: true);
        Should.Throw<IOException>(() => Outer.Apply(
            new ContainerLimits { Cpus = 0.1, CpuLimit = 0.2, MemoryLimitBytes = 128 * Megabyte, Processes = 7 }, 100, isNew: false));
        Outer.MemoryLimit().ShouldBe(128 * Megabyte);
        Number("pids", "pids.max").ShouldBe(7);
    }

    [RootFact(Processors = 2)]
    public void Processors_that_a_cgroup_above_lacks_are_an_ordinary_failure()
    {
        if (_host.IsUnified)
        {
            return;
        }

        var machine = CgroupProcessors.OfMachine(_host).ShouldNotBeNull();
        Make(_path);
        Make(_path + "/task");
        var memory = File.ReadAllText(Path.Join(_host.PathOf("cpuset", "/"), "cpuset.mems"));
        foreach (var cgroup in (string[])[_path, _path + "/task"])
        {
            File.WriteAllText(Path.Join(_host.PathOf("cpuset", cgroup), "cpuset.mems"), memory);
        }

        CgroupProcessors.Write(_host, _path, machine);
        CgroupProcessors.Write(_host, _path + "/task", [machine[0]]);
        CgroupProcessors.Write(_host, _path, [machine[0]]);
        Should.Throw<IOException>(() => CgroupProcessors.Write(_host, _path + "/task", machine));
    }

    private static void Apply(Cgroup cgroup, long? memory, bool isNew) => cgroup.Apply(
        new ContainerLimits { Cpus = 0.1, MemoryLimitBytes = memory * Megabyte ?? long.MaxValue }, 100, isNew);

    private void Make(string cgroup)
    {
        foreach (var controller in (string[])["cpu", "memory", "pids", "cpuset"])
        {
            if (_host.PathOf(controller, cgroup) is { } directory)
            {
                Directory.CreateDirectory(directory);
            }
        }
    }

    private long Number(string controller, string file) =>
        long.Parse(File.ReadAllText(Path.Join(_host.PathOf(controller, _path), file)), CultureInfo.InvariantCulture);
}
