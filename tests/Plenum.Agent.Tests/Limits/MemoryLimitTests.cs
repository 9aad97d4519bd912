using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Server;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Limits;

/// <summary>The kernel's out-of-memory killer in real containers that would go on after it.</summary>
public sealed class MemoryLimitTests
{
    [RootTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_task_whose_child_was_killed_for_its_memory_limit_ends_though_its_first_process_would_go_on(bool isFoundAgain)
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        var task = FakeMaster.Task("greedy", "until [ -e go ]; do sleep 0.02; done; head -c 200m /dev/zero | tail > /dev/null; sleep 1000");
        task.Resources.AddRange(ResourceSet.Parse("cpus:0.1;mem:33").ToWire());
        var running = await fixture.RunUpAsync(task);
        if (isFoundAgain)
        {
            await fixture.RestartAgentAsync();
        }

        await File.WriteAllTextAsync(Path.Join(fixture.SandboxOf(running), "go"), "");
        var failed = await fixture.Master.UpdateAsync("greedy", TaskState.TaskFailed);

        failed.Reason.ShouldBe(Reason.ContainerLimitationMemory);
        failed.Message.ShouldStartWith("Memory limit exceeded: Limit: 33MB Maximum Used: 3");
        failed.Limitation.Resources.ShouldHaveSingleItem().Scalar.Value.ShouldBeInRange(30, 33);
    }
}
