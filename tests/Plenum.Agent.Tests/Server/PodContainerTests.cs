using Plenum.Agent.Tests.Containers;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Capability = Plenum.Protocol.V1.CapabilityInfo.Types.Capability;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Server;

/// <summary>Task groups and what a task asks of Linux, from the wire's words to real containers (reference 6.3 and 6.10).</summary>
public sealed class PodContainerTests
{
    [RootFact]
    public async Task Tasks_of_a_pod_share_network_memory_and_volumes_and_the_failure_of_one_ends_the_others()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        const string ends = "readlink /proc/self/ns/net /proc/self/ns/ipc; echo $$";
        Launch(
            fixture,
            Sharing("writer", $"{ends}; echo note > /dev/shm/note; echo file > shared/file; until [ -e shared/read ]; do sleep 0.02; done; exit 5"),
            Sharing("reader", $"until [ -s /dev/shm/note -a -s shared/file ]; do sleep 0.02; done; {ends}; cat /dev/shm/note shared/file; touch shared/read; sleep 1000"));

        var killed = await fixture.Master.UpdateAsync("reader", TaskState.TaskKilled);

        var wrote = await OutputAsync(fixture, killed, "writer");
        var read = await OutputAsync(fixture, killed, "reader");
        read[..2].ShouldBe(wrote[..2], "network and ipc");
        (wrote[2], read[2]).ShouldBe(("1", "1"), "each is the first of its own processes");
        read[3..].ShouldBe(["note", "file"]);

        static TaskInfo Sharing(string id, string command) => FakeMaster.Task(id, command, static task =>
            task.Container = Container(static container => container.Volumes.Add(new Volume
            {
                ContainerPath = "shared",
                Mode = Volume.Types.Mode.Rw,
                Source = new Volume.Types.Source
                {
                    Type = Volume.Types.Source.Types.Type.SandboxPath,
                    SandboxPath = new Volume.Types.Source.Types.SandboxPath
                    {
                        Type = Volume.Types.Source.Types.SandboxPath.Types.Type.Parent, Path = "both",
                    },
                },
            })));
    }

    [RootFact]
    public async Task A_task_of_a_pod_with_cgroups_of_its_own_ends_at_its_own_limit()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        var greedy = FakeMaster.Task("greedy", "head -c 200m /dev/zero | tail", static task =>
        {
            task.Container = Container(static container => container.LinuxInfo = new LinuxInfo { ShareCgroups = false });
            task.Resources.Add(Scalar("cpus", 0.1));
            task.Resources.Add(Scalar("mem", 33));
            task.Limits["mem"] = new Value.Types.Scalar { Value = 40 };
        });
        var other = FakeMaster.Task("other", "sleep 1000", static task => task.Resources.Add(Scalar("mem", 512)));
        fixture.Master.Send(Group([greedy, other]));

        // The other one ends because the first did; that one's own end has the numbers.
        TaskStatus? failed = null;
        while (failed is null)
        {
            var update = (await fixture.Master.ReceiveAsync()).StatusUpdate?.Status;
            failed = update is { State: TaskState.TaskFailed } && update.TaskId.Value == "greedy" ? update : null;
        }

        failed.Reason.ShouldBe(TaskStatus.Types.Reason.ContainerLimitationMemory);
        failed.Message.ShouldContain("Limit: 40MB");
        await fixture.Master.UpdateAsync("other", TaskState.TaskKilled);
    }

    [RootFact]
    public async Task What_linux_info_and_rlimits_ask_for_is_what_the_task_has()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        var asked = new LinuxInfo
        {
            BoundingCapabilities = new CapabilityInfo { Capabilities = { Capability.NetRaw, Capability.Kill } },
            EffectiveCapabilities = new CapabilityInfo { Capabilities = { Capability.Kill } },
            IpcMode = LinuxInfo.Types.IpcMode.Private,
            ShmSize = 4,
        };
        fixture.Master.Run(FakeMaster.Task(
            "asked",
            "grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status; ulimit -n; df -k /dev/shm | tail -1 | awk '{print $2}'",
            task => task.Container = Container(container =>
            {
                container.LinuxInfo = asked;
                container.RlimitInfo = new RLimitInfo
                {
                    Rlimits = { new RLimitInfo.Types.RLimit { Type = RLimitInfo.Types.RLimit.Types.Type.RlmtNofile, Hard = 123, Soft = 123 } },
                };
            })));

        var status = await fixture.Master.UpdateAsync("asked", TaskState.TaskFinished);

        var said = await File.ReadAllLinesAsync(Path.Join(fixture.SandboxOf(status), "stdout"));
        said.Select(static line => line.Replace('\t', ' ')).ShouldBe(
        [
            $"CapEff: {1UL << 5:x16}",
            $"CapBnd: {(1UL << 5) | (1UL << 13):x16}",
            "NoNewPrivs: 1",
            "Seccomp: 2",
            "123",
            "4096",
        ]);
    }

    private static void Launch(AgentFixture fixture, params TaskInfo[] tasks) => fixture.Master.Send(Group(tasks));

    private static MasterMessage Group(TaskInfo[] tasks) => new()
    {
        RunTaskGroup = new MasterMessage.Types.RunTaskGroup
        {
            Framework = FakeMaster.Framework(),
            Executor = new ExecutorInfo
            {
                Type = ExecutorInfo.Types.Type.Default,
                ExecutorId = new ExecutorID { Value = "pod" },
                Resources = { Scalar("cpus", 0.1), Scalar("mem", 64) },
            },
            TaskGroup = new TaskGroupInfo { Tasks = { tasks } },
        },
    };

    private static async Task<string[]> OutputAsync(AgentFixture fixture, TaskStatus status, string task) => await File.ReadAllLinesAsync(Path.Join(
        fixture.Work,
        "slaves",
        FakeMaster.AgentId,
        "frameworks/fw/executors/pod/runs",
        status.ContainerStatus.ContainerId.Parent.Value,
        "tasks",
        task,
        "stdout"));

    private static ContainerInfo Container(Action<ContainerInfo> more)
    {
        var container = new ContainerInfo { Type = ContainerInfo.Types.Type.Mesos };
        more(container);
        return container;
    }

    private static Resource Scalar(string name, double value) => new()
    {
        Name = name, Type = Value.Types.Type.Scalar, Scalar = new Value.Types.Scalar { Value = value },
    };
}
