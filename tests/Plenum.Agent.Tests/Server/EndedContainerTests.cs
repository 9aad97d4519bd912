using System.Net;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Server;

public sealed class EndedContainerTests
{
    [Fact]
    public async Task Above_the_bound_the_oldest_that_ended_is_forgotten_with_all_that_was_kept_of_it()
    {
        await using var fixture = await AgentFixture.StartAsync(adjust: static options => options with { MaxEndedContainers = 2 });
        string[] names = ["first", "second", "third", "fourth"];
        foreach (var name in names)
        {
            using var launched = await fixture.PostAsync("api/v1", new Call
            {
                Type = Call.Types.Type.LaunchContainer,
                LaunchContainer = new Call.Types.LaunchContainer
                {
                    ContainerId = new ContainerID { Value = name },
                    Command = new CommandInfo { Value = "exit 3" },
                },
            });
            launched.StatusCode.ShouldBe(HttpStatusCode.OK, await launched.Content.ReadAsStringAsync());
            using var waited = await WaitAsync(fixture, name);
            waited.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        // No launch waits until it is forgotten.
        await ForgottenAsync(fixture, "first");
        Directory.Exists(Path.Join(fixture.Work, "containers", "first")).ShouldBeFalse();
        Directory.GetFileSystemEntries(Path.Join(fixture.Work, "runtime"), "*first*", SearchOption.AllDirectories).ShouldBeEmpty();
        foreach (var kept in names[2..])
        {
            using var known = await WaitAsync(fixture, kept);
            known.StatusCode.ShouldBe(HttpStatusCode.OK);
            Directory.Exists(Path.Join(fixture.Work, "containers", kept)).ShouldBeTrue();
        }
    }

    private static async Task ForgottenAsync(AgentFixture fixture, string name)
    {
        var patience = Patience.Token();
        while (true)
        {
            patience.ThrowIfCancellationRequested();
            using var answer = await WaitAsync(fixture, name);
            if (answer.StatusCode == HttpStatusCode.NotFound)
            {
                return;
            }

            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    private static Task<HttpResponseMessage> WaitAsync(AgentFixture fixture, string name) => fixture.PostAsync("api/v1", new Call
    {
        Type = Call.Types.Type.WaitContainer,
        WaitContainer = new Call.Types.WaitContainer { ContainerId = new ContainerID { Value = name } },
    });
}
