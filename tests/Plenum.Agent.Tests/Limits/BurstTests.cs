using System.Globalization;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Server;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Limits;

/// <summary>Limits above the requests, in the kernel's files of real containers.</summary>
public sealed class BurstTests
{
    private const long Megabyte = 1 << 20;

    [RootFact]
    public async Task Limits_above_the_requests_bind_and_the_requests_weigh()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        var cgroup = await LiveCgroup.OfAsync(fixture, await fixture.RunUpAsync(Limited("burst", "cpus:0.5;mem:64", cpus: 1.5, memory: 96)));
        ShouldBe(cgroup, quota: 150_000, memory: 96);
        cgroup.Number("memory", "memory.soft_limit_in_bytes", "memory.low").ShouldBe(64 * Megabyte);
        if (!LiveCgroup.IsUnified)
        {
            cgroup.Number("cpu", "cpu.shares", "").ShouldBe(512);
        }

        // Of a machine without memory it goes before those that take what they asked for.
        OomScore(cgroup).ShouldBeInRange(1, 1000);
    }

    [RootFact]
    public async Task Without_an_end_nothing_binds()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        var cgroup = await LiveCgroup.OfAsync(
            fixture, await fixture.RunUpAsync(Limited("endless", "cpus:0.5;mem:64", double.PositiveInfinity, double.PositiveInfinity)));
        ShouldBe(cgroup, quota: null, memory: null);
        OomScore(cgroup).ShouldBeInRange(1, 1000);
    }

    [RootFact]
    public async Task A_pod_gives_a_task_the_room_that_its_limit_promises()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        var small = Limited("small", "cpus:0.1;mem:32", cpus: null, memory: null);
        var large = Limited("large", "cpus:0.1;mem:32", cpus: 0.5, memory: 128);
        fixture.Master.Send(new MasterMessage
        {
            RunTaskGroup = new MasterMessage.Types.RunTaskGroup
            {
                Framework = FakeMaster.Framework(),
                Executor = new ExecutorInfo
                {
                    Type = ExecutorInfo.Types.Type.Default,
                    ExecutorId = new ExecutorID { Value = "pod" },
                },
                TaskGroup = new TaskGroupInfo { Tasks = { Apart(small), Apart(large) } },
            },
        });
        var running = new Dictionary<string, TaskStatus>(StringComparer.Ordinal);
        while (running.Count < 2)
        {
            if ((await fixture.Master.ReceiveAsync()).StatusUpdate?.Status is { State: TaskState.TaskRunning } status)
            {
                running[status.TaskId.Value] = status;
            }
        }

        var own = await LiveCgroup.OfAsync(fixture, running["large"]);
        ShouldBe(own, quota: 50_000, memory: 128);
        ShouldBe(own.Outer(), quota: 60_000, memory: 160);
    }

    private static void ShouldBe(LiveCgroup cgroup, long? quota, long? memory)
    {
        var cpu = cgroup.Text("cpu", "cpu.cfs_quota_us", "cpu.max").Split(' ')[0];
        cpu.ShouldBe(quota?.ToString(CultureInfo.InvariantCulture) ?? (LiveCgroup.IsUnified ? "max" : "-1"));
        var bytes = cgroup.Text("memory", "memory.limit_in_bytes", "memory.max");
        if (memory is { } megabytes)
        {
            bytes.ShouldBe((megabytes * Megabyte).ToString(CultureInfo.InvariantCulture));
        }
        else
        {
            // Version 1 has a number that no machine has.
            (bytes == "max" || long.Parse(bytes, CultureInfo.InvariantCulture) > long.MaxValue / 2).ShouldBeTrue(bytes);
        }
    }

    private static int OomScore(LiveCgroup cgroup) => int.Parse(
        File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{cgroup.Pid}/oom_score_adj")), CultureInfo.InvariantCulture);

    private static TaskInfo Limited(string id, string resources, double? cpus, double? memory)
    {
        var task = FakeMaster.Task(id, "sleep 1000");
        task.Resources.AddRange(ResourceSet.Parse(resources).ToWire());
        foreach (var (name, limit) in new[] { ("cpus", cpus), ("mem", memory) })
        {
            if (limit is { } value)
            {
                task.Limits.Add(name, new Value.Types.Scalar { Value = value });
            }
        }

        return task;
    }

    private static TaskInfo Apart(TaskInfo task)
    {
        task.Container = new ContainerInfo { Type = ContainerInfo.Types.Type.Mesos, LinuxInfo = new LinuxInfo { ShareCgroups = false } };
        return task;
    }
}
