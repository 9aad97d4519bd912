using Plenum.Agent.Native;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Server;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Graphics;

/// <summary>
/// GPUs of real containers. No test machine has any: the nodes of two harmless drivers, which no container is given by itself,
/// stand for them.
/// </summary>
public sealed class GraphicsTaskTests : IDisposable
{
    // /dev/fuse and /dev/loop-control.
    private const ulong First = (10 << 8) | 229;
    private const ulong Second = (10 << 8) | 237;

    private readonly string _nodes = Directory.CreateTempSubdirectory("plenum-gpu-").FullName;

    public void Dispose() => Directory.Delete(_nodes, recursive: true);

    [RootFact]
    public async Task Each_task_gets_exactly_its_own_and_one_without_gets_none()
    {
        await using var fixture = await StartAsync();
        fixture.Registration.AgentInfo.Resources.Single(static resource => resource.Name == "gpus").Scalar.Value.ShouldBe(2);
        var first = await OwnAsync(fixture, "first", gpus: 1);
        var second = await OwnAsync(fixture, "second", gpus: 1);
        new[] { first, second }.ShouldBe(["/dev/card0", "/dev/card1"], ignoreOrder: true);
        (await OwnAsync(fixture, "none", gpus: 0)).ShouldBe("");

        // A task that ends leaves its own to the next.
        fixture.Master.Kill("first", TimeSpan.Zero);
        await fixture.Master.UpdateAsync("first", TaskState.TaskKilled);
        (await OwnAsync(fixture, "third", gpus: 1)).ShouldBe(first);
    }

    [RootFact]
    public async Task A_node_of_ones_own_making_opens_only_the_device_that_was_given()
    {
        await using var fixture = await StartAsync();
        var card = await OwnAsync(fixture, "owner", gpus: 1, $"{Node(First)}; {Node(Second)}");
        var opened = (await SeenAsync(fixture, "owner")).Split('\n').Where(static line => line.StartsWith("opened", StringComparison.Ordinal));
        opened.ShouldBe([card == "/dev/card0" ? $"opened {First}" : $"opened {Second}"]);
    }

    [RootFact]
    public async Task Who_has_which_outlives_the_agent()
    {
        await using var fixture = await StartAsync();
        var first = await OwnAsync(fixture, "first", gpus: 1);
        await fixture.RestartAgentAsync();
        (await OwnAsync(fixture, "second", gpus: 1)).ShouldNotBe(first);
    }

    [RootFact]
    public async Task A_card_is_not_given_by_name()
    {
        await using var fixture = await StartAsync();
        fixture.Master.Run(FakeMaster.Task("thief", "sleep 1000", task => task.Container = new ContainerInfo
        {
            Type = ContainerInfo.Types.Type.Docker,
            Docker = new ContainerInfo.Types.DockerInfo
            {
                Image = "busybox",
                Parameters = { new Parameter { Key = "device", Value = $"{Path.Combine(_nodes, "card0")}:/dev/mine" } },
            },
        }));
        var failed = await fixture.Master.UpdateAsync("thief", TaskState.TaskFailed);
        failed.Reason.ShouldBe(Reason.ContainerLaunchFailed);
        failed.Message.ShouldContain("by the resource gpus");
    }

    [RootFact]
    public async Task A_pods_task_gets_its_own_and_its_neighbour_none()
    {
        await using var fixture = await StartAsync();
        fixture.Master.Send(new Protocol.Link.V1.MasterMessage
        {
            RunTaskGroup = new Protocol.Link.V1.MasterMessage.Types.RunTaskGroup
            {
                Framework = FakeMaster.Framework(),
                Executor = new ExecutorInfo
                {
                    Type = ExecutorInfo.Types.Type.Default,
                    ExecutorId = new ExecutorID { Value = "pod" },
                },
                TaskGroup = new TaskGroupInfo
                {
                    Tasks =
                    {
                        With(FakeMaster.Task("painter", "test -c /dev/card0 && test -c /dev/card1"), 2),
                        With(FakeMaster.Task("clerk", "! test -e /dev/card0 && ! test -e /dev/card1"), 0),
                    },
                },
            },
        });
        var ended = new Dictionary<string, TaskState>(StringComparer.Ordinal);
        while (ended.Count < 2)
        {
            if ((await fixture.Master.ReceiveAsync()).StatusUpdate?.Status is { } status
                && status.State is TaskState.TaskFinished or TaskState.TaskFailed or TaskState.TaskKilled)
            {
                ended[status.TaskId.Value] = status.State;
            }
        }

        ended.ShouldBe(new Dictionary<string, TaskState> { ["painter"] = TaskState.TaskFinished, ["clerk"] = TaskState.TaskFinished }, ignoreOrder: true);
    }

    [Theory]
    [InlineData("gpus:1", "name a device for each")]
    [InlineData(null, "no device of this machine")]
    public async Task An_agent_that_promises_what_it_does_not_have_does_not_start(string? resources, string complaint)
    {
        string[] named = resources is null ? [Path.Combine(_nodes, "missing")] : [];
        var work = Directory.CreateTempSubdirectory("plenum-agent-").FullName;
        try
        {
            var isolation = resources is null && System.Environment.IsPrivilegedProcess ? AgentIsolation.Containers : AgentIsolation.Processes;
            if (resources is null && isolation == AgentIsolation.Processes)
            {
                complaint = "GPUs need containers";
            }

            var refused = await Should.ThrowAsync<AgentStartException>(() => AgentServer.StartAsync(
                AgentFixture.Options(new Uri("http://127.0.0.1:1"), work, isolation) with { Resources = resources, GraphicsDevices = named },
                TimeProvider.System,
                Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance,
                CancellationToken.None));
            refused.Message.ShouldContain(complaint);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private Task<AgentFixture> StartAsync()
    {
        const uint everybody = LibC.CharacterDevice | 0x1b6;
        string[] cards = [Path.Combine(_nodes, "card0"), Path.Combine(_nodes, "card1")];
        LibC.MakeNode(cards[0], everybody, First).ShouldBe(0);
        LibC.MakeNode(cards[1], everybody, Second).ShouldBe(0);
        return AgentFixture.StartWithContainersAsync(options => options with { GraphicsDevices = cards });
    }

    private static string Node(ulong device) =>
        $"mknod tmp/n{device} c 10 {device & 0xff} && (exec < tmp/n{device}) 2>/dev/null && echo opened {device}";

    private static TaskInfo With(TaskInfo task, int gpus)
    {
        if (gpus > 0)
        {
            task.Resources.AddRange(ResourceSet.Parse($"gpus:{gpus}").ToWire());
        }

        return task;
    }

    /// <summary>Runs a task that writes the cards in its /dev, and tells which they are.</summary>
    private static async Task<string> OwnAsync(AgentFixture fixture, string id, int gpus, string more = ":")
    {
        var task = With(FakeMaster.Task(id, $"{{ {more}; for c in /dev/card*; do test -c $c && echo card $c; done; }} > seen; : > done; sleep 1000"), gpus);
        task.Container = new ContainerInfo
        {
            Type = ContainerInfo.Types.Type.Mesos,
            LinuxInfo = new LinuxInfo
            {
                EffectiveCapabilities = new CapabilityInfo { Capabilities = { CapabilityInfo.Types.Capability.Mknod } },
            },
        };
        var status = await fixture.RunUpAsync(task);
        await FileEvents.CreatedAsync(Path.Combine(fixture.SandboxOf(status), "done"));
        var cards = (await SeenAsync(fixture, id)).Split('\n').Where(static line => line.StartsWith("card ", StringComparison.Ordinal));
        return string.Join(' ', cards.Select(static line => line[5..]));
    }

    private static Task<string> SeenAsync(AgentFixture fixture, string task) => File.ReadAllTextAsync(Path.Combine(
        fixture.Work, "slaves", FakeMaster.AgentId, "frameworks/fw/executors", task, "runs/latest/seen"));
}
