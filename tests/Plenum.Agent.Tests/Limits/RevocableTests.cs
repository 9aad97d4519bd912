using System.Text.Json;
using Plenum.Agent.Limits;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Server;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Limits;

public sealed class RevocableTests
{
    private double _load;

    [RootFact]
    public async Task A_task_on_lent_cpus_weighs_little_and_goes_when_the_machine_is_busy()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync(Lending);
        var registered = ResourceSet.FromWire(fixture.Registration.AgentInfo.Resources).Revocable;
        (registered.Scalar("cpus"), registered.Scalar("mem")).ShouldBe((1, 64));
        var own = await LiveCgroup.OfAsync(fixture, await fixture.RunUpAsync(Task("own", isRevocable: false)));
        var lent = await LiveCgroup.OfAsync(fixture, await fixture.RunUpAsync(Task("lent", isRevocable: true)));
        if (!LiveCgroup.IsUnified)
        {
            (own.Number("cpu", "cpu.shares", ""), lent.Number("cpu", "cpu.shares", "")).ShouldBe((512, 5));
        }

        Volatile.Write(ref _load, 10.5);
        var lost = await fixture.Master.UpdateAsync("lent", TaskState.TaskLost);
        lost.Reason.ShouldBe(Reason.ContainerPreempted);
        lost.Source.ShouldBe(TaskStatus.Types.Source.Agent);
        lost.Message.ShouldContain("load over 5 minutes is 10.5, its threshold is 10");
        lost.Limitation.ShouldBeNull("it exceeded nothing");
        using var metrics = JsonDocument.Parse(await fixture.GetAsync("metrics/snapshot"));
        metrics.RootElement.GetProperty("slave/executors_preempted").GetDouble().ShouldBe(1);

        // What it has is its own: it goes only when it is killed.
        fixture.Master.Kill("own", TimeSpan.Zero);
        await fixture.Master.UpdateAsync("own", TaskState.TaskKilled);
    }

    [Theory]
    [InlineData("disk:100", "unreserved cpus or mem")]
    [InlineData("cpus(role):1", "unreserved cpus or mem")]
    [InlineData("cpus:many", "cannot be read")]
    public async Task What_cannot_be_lent_is_refused_at_the_start(string resources, string complaint)
    {
        var work = Directory.CreateTempSubdirectory("plenum-agent-").FullName;
        try
        {
            var refused = await Should.ThrowAsync<AgentStartException>(() => AgentServer.StartAsync(
                AgentFixture.Options(new Uri("http://127.0.0.1:1"), work) with { Limits = new LimitOptions { RevocableResources = resources } },
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

    private AgentOptions Lending(AgentOptions options) => options with
    {
        Limits = new LimitOptions
        {
            RevocableResources = "cpus:1;mem:64",
            LoadPolicy = new LoadPolicy(FiveMinutes: 10, FifteenMinutes: null),
            LoadWatchInterval = TimeSpan.FromMilliseconds(20),
            Load = () => new LoadAverages(Volatile.Read(ref _load), FifteenMinutes: 1000),
        },
    };

    private static TaskInfo Task(string id, bool isRevocable)
    {
        var task = FakeMaster.Task(id, "sleep 1000");
        foreach (var resource in ResourceSet.Parse("cpus:0.5;mem:32").ToWire())
        {
            resource.Revocable = isRevocable ? new Resource.Types.RevocableInfo() : null;
            task.Resources.Add(resource);
        }

        return task;
    }
}
