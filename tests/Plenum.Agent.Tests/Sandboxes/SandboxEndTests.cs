using Plenum.Agent.Tests.Server;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Sandboxes;

public sealed class SandboxEndTests
{
    [Fact]
    public async Task A_sandbox_is_as_old_as_the_end_of_its_task_whenever_that_began()
    {
        await using var fixture = await AgentFixture.StartAsync();
        var sandbox = fixture.SandboxOf(await fixture.RunUpAsync(FakeMaster.Task("old", "sleep 1000")));
        Directory.SetLastWriteTimeUtc(sandbox, DateTime.UtcNow - TimeSpan.FromDays(30));

        fixture.Master.Kill("old", TimeSpan.Zero);
        await fixture.Master.UpdateAsync("old", TaskState.TaskKilled);

        Directory.GetLastWriteTimeUtc(sandbox).ShouldBeGreaterThan(DateTime.UtcNow - TimeSpan.FromDays(1));
    }
}
