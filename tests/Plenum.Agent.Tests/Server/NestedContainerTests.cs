using System.IO.Pipelines;
using System.Net;
using System.Text;
using Plenum.Agent.Containers.Cgroups;
using Plenum.Agent.Tests.Containers;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;
using Type = Plenum.Protocol.V1.Agent.Call.Types.Type;

namespace Plenum.Agent.Tests.Server;

/// <summary>Containers that an executor nests in its own through the agent's API, with real containers (reference 6.11 and 6.12).</summary>
public sealed class NestedContainerTests
{
    private const string Namespaces = "for n in net ipc mnt pid uts; do readlink /proc/self/ns/$n; done";

    [RootFact]
    public async Task One_with_cgroups_of_its_own_ends_at_its_own_memory_limit_and_its_parent_goes_on()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        var parent = await ParentAsync(fixture);
        var id = new ContainerID { Value = "greedy", Parent = parent };
        await LaunchAsync(fixture, id, "head -c 200m /dev/zero | tail", launch =>
        {
            launch.Resources.Add(Scalar("cpus", 0.1));
            launch.Resources.Add(Scalar("mem", 33));
            launch.Container = Linux(new LinuxInfo { ShareCgroups = false });
        });

        var wait = await WaitAsync(fixture, id);

        (wait.State, wait.Reason).ShouldBe((TaskState.TaskFailed, TaskStatus.Types.Reason.ContainerLimitationMemory));
        var exceeded = wait.Limitation.Resources.ShouldHaveSingleItem();
        exceeded.Name.ShouldBe("mem");
        exceeded.Scalar.Value.ShouldBeInRange(30, 33);
        (await ShownAsync(fixture)).ShouldBe([parent.Value]);
    }

    [RootFact]
    public async Task One_that_says_nothing_of_cgroups_lives_within_its_parents_limits_and_not_its_own()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        var parent = await ParentAsync(fixture);
        var id = new ContainerID { Value = "modest", Parent = parent };

        // More than what it names, less than its parent has.
        await LaunchAsync(fixture, id, "head -c 60m /dev/zero | tail -c 50m | wc -c", static launch => launch.Resources.Add(Scalar("mem", 33)));

        (await WaitAsync(fixture, id)).ExitStatus.ShouldBe(0);
        (await OutputAsync(fixture, parent, id)).ShouldBe("52428800\n");
    }

    [RootFact]
    public async Task One_within_its_parents_limits_weighs_what_a_process_of_the_parent_weighs()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        var parent = await ParentAsync(fixture);
        await LaunchAsync(fixture, new ContainerID { Value = "busy", Parent = parent }, "sleep 1000");

        var host = CgroupHost.Detect();
        var directory = host.PathOf("cpu", $"/plenum/{parent.Value}/busy");
        (await System.IO.File.ReadAllTextAsync(Path.Join(directory, host.IsUnified ? "cpu.weight" : "cpu.shares"))).Trim()
            .ShouldBe(host.IsUnified ? "100" : "1024", "the kernel's default");
    }

    [RootFact]
    public async Task It_shares_its_parents_network_and_no_other_namespace_and_a_session_shares_all()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        var parent = await ParentAsync(fixture, $"{Namespaces} > namespaces; echo done >> namespaces; sleep 1000");
        var file = Path.Join(SandboxOf(fixture, parent), "namespaces");
        await LineIn.FileAsync(file, "done");
        var own = (await System.IO.File.ReadAllLinesAsync(file))[..^1];
        var id = new ContainerID { Value = "child", Parent = parent };
        await LaunchAsync(fixture, id, Namespaces);
        (await WaitAsync(fixture, id)).ExitStatus.ShouldBe(0);

        var nested = Lines(await OutputAsync(fixture, parent, id));
        var session = Lines(await SayAsync(fixture, new ContainerID { Value = "debug", Parent = parent }, Namespaces));

        nested[0].ShouldBe(own[0], "the network");
        nested[1..].ShouldAllBe(name => !own.Contains(name));
        session.ShouldBe(own);
    }

    [RootFact]
    public async Task A_signal_of_the_call_reaches_it_and_its_handler_decides_how_it_ends()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        var parent = await ParentAsync(fixture);
        var id = new ContainerID { Value = "polite", Parent = parent };
        await LaunchAsync(fixture, id, "trap 'echo asked; exit 7' TERM; echo ready; while :; do sleep 0.02; done");
        await LineIn.FileAsync(Path.Join(SandboxOf(fixture, parent), "containers", "polite", "stdout"), "ready");
        using (var early = await RemoveAsync(fixture, id))
        {
            early.StatusCode.ShouldBe(HttpStatusCode.InternalServerError, "it still runs");
        }

        using (var kill = await fixture.PostAsync("api/v1", new Call
        {
            Type = Type.KillContainer,
            KillContainer = new Call.Types.KillContainer { ContainerId = id, Signal = 15 },
        }))
        {
            kill.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        (await WaitAsync(fixture, id)).ExitStatus.ShouldBe(7 << 8);
        (await OutputAsync(fixture, parent, id)).ShouldBe("ready\nasked\n");
        using var removed = await RemoveAsync(fixture, id);
        removed.StatusCode.ShouldBe(HttpStatusCode.OK);
        Directory.Exists(Path.Join(SandboxOf(fixture, parent), "containers", "polite")).ShouldBeFalse();
    }

    [RootFact]
    public async Task One_with_a_terminal_is_attached_to_resized_and_typed_into()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        var parent = await ParentAsync(fixture);
        var id = new ContainerID { Value = "shell", Parent = parent };
        await LaunchAsync(fixture, id, "read line; stty size; read line; echo got $line", static launch => launch.Container = new ContainerInfo
        {
            Type = ContainerInfo.Types.Type.Mesos,
            TtyInfo = new TTYInfo { WindowSize = new TTYInfo.Types.WindowSize { Rows = 12, Columns = 34 } },
        });
        using var output = await fixture.PostAsync("api/v1", new Call
        {
            Type = Type.AttachContainerOutput,
            AttachContainerOutput = new Call.Types.AttachContainerOutput { ContainerId = id },
        });
        output.StatusCode.ShouldBe(HttpStatusCode.OK);
        var input = LiveInput.Open(fixture, id);
        input.Beat();
        input.Resize(44, 99);
        input.Type("\n");
        input.Type("hello\n");
        input.Close();
        (await input.Answer).ShouldBe(HttpStatusCode.OK);

        var seen = await ReadAsync(output);
        seen.ShouldContain("44 99");
        seen.ShouldContain("got hello");
        (await WaitAsync(fixture, id)).ExitStatus.ShouldBe(0);
    }

    [RootFact]
    public async Task It_ends_with_its_parent_and_whatever_is_nested_in_it_too()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        var parent = await ParentAsync(fixture);
        var child = new ContainerID { Value = "child", Parent = parent };
        var grandchild = new ContainerID { Value = "grandchild", Parent = child };
        await LaunchAsync(fixture, child, "sleep 1000");
        await LaunchAsync(fixture, grandchild, "sleep 1000");
        var ends = Task.WhenAll(WaitAsync(fixture, child), WaitAsync(fixture, grandchild));

        fixture.Master.Kill("parent", TimeSpan.Zero);

        (await ends).ShouldAllBe(static end => end.ExitStatus == 9);
        await fixture.Master.UpdateAsync("parent", TaskState.TaskKilled);
        (await ShownAsync(fixture)).ShouldBeEmpty();
    }

    private static async Task<ContainerID> ParentAsync(AgentFixture fixture, string command = "sleep 1000") =>
        (await fixture.RunUpAsync(FakeMaster.Task("parent", command, static task =>
        {
            task.Resources.Add(Scalar("cpus", 0.5));
            task.Resources.Add(Scalar("mem", 256));
        }))).ContainerStatus.ContainerId;

    private static async Task LaunchAsync(
        AgentFixture fixture, ContainerID id, string command, Action<Call.Types.LaunchContainer>? more = null)
    {
        var launch = new Call.Types.LaunchContainer { ContainerId = id, Command = new CommandInfo { Value = command } };
        more?.Invoke(launch);
        using var response = await fixture.PostAsync("api/v1", new Call { Type = Type.LaunchContainer, LaunchContainer = launch });
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
    }

    private static async Task<Response.Types.WaitContainer> WaitAsync(AgentFixture fixture, ContainerID id) => (await fixture.CallAsync(
        new Call { Type = Type.WaitContainer, WaitContainer = new Call.Types.WaitContainer { ContainerId = id } })).WaitContainer;

    private static Task<HttpResponseMessage> RemoveAsync(AgentFixture fixture, ContainerID id) => fixture.PostAsync(
        "api/v1", new Call { Type = Type.RemoveContainer, RemoveContainer = new Call.Types.RemoveContainer { ContainerId = id } });

    private static async Task<string> SayAsync(AgentFixture fixture, ContainerID id, string command)
    {
        using var response = await fixture.PostAsync(
            "api/v1",
            new Call
            {
                Type = Type.LaunchNestedContainerSession,
                LaunchNestedContainerSession = new Call.Types.LaunchNestedContainerSession
                {
                    ContainerId = id, Command = new CommandInfo { Value = command },
                },
            },
            "application/recordio");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await ReadAsync(response);
    }

    private static async Task<string> ReadAsync(HttpResponseMessage response)
    {
        var said = new StringBuilder();
        var reader = new RecordReader(PipeReader.Create(await response.Content.ReadAsStreamAsync()));
        while (await reader.ReadMessageAsync(ProcessIO.Parser, json: true, Patience.Token()) is { } io)
        {
            said.Append(io.Data?.Data_.ToStringUtf8());
        }

        return said.ToString();
    }

    private static async Task<IEnumerable<string>> ShownAsync(AgentFixture fixture) => (await fixture.CallAsync(new Call
    {
        Type = Type.GetContainers,
        GetContainers = new Call.Types.GetContainers { ShowNested = true },
    })).GetContainers.Containers.Select(static container => container.ContainerId.Value);

    private static string SandboxOf(AgentFixture fixture, ContainerID parent) => Path.Join(
        fixture.Work, "slaves", FakeMaster.AgentId, "frameworks/fw/executors/parent/runs", parent.Value);

    private static Task<string> OutputAsync(AgentFixture fixture, ContainerID parent, ContainerID id) =>
        System.IO.File.ReadAllTextAsync(Path.Join(SandboxOf(fixture, parent), "containers", id.Value, "stdout"));

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static ContainerInfo Linux(LinuxInfo linux) => new() { Type = ContainerInfo.Types.Type.Mesos, LinuxInfo = linux };

    private static Resource Scalar(string name, double value) => new()
    {
        Name = name, Type = Value.Types.Type.Scalar, Scalar = new Value.Types.Scalar { Value = value },
    };
}
