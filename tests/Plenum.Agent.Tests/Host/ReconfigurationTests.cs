using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Agent.Host;
using Plenum.Agent.Tests.Server;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Host;

public sealed class ReconfigurationTests
{
    private const string Resources = "cpus:2;mem:512;disk:100;ports:[31000-31100]";

    [Theory]
    [InlineData("cpus:2;mem:512", "rack:r1;zone:[1-3]", null, null)]
    [InlineData("cpus:3;mem:512;gpus:1", "rack:r1;zone:[1-9];new:text", null, "resources")]
    [InlineData("cpus:2;mem:512", "rack:r1;zone:[1-3];new:text", null, "new attributes")]
    [InlineData("cpus:1.5;mem:512", "rack:r1;zone:[1-3]", "resources", "resources")]
    [InlineData("cpus:2;mem:512", "rack:r2;zone:[1-3]", "attribute rack", "attribute rack")]
    [InlineData("cpus:2;mem:512", "rack:r1;zone:[2-3]", "attribute zone", "attribute zone")]
    [InlineData("cpus:2;mem:512", "rack:r1", "attribute zone", "attribute zone")]
    public void Additive_allows_what_is_added_equal_allows_nothing_and_any_allows_all(string resources, string attributes, string? additive, string? equal)
    {
        var before = Info("cpus:2;mem:512", "rack:r1;zone:[1-3]");
        var now = Info(resources, attributes);
        Reconfiguration.Problem(ReconfigurationPolicy.Any, before, now).ShouldBeNull();
        ShouldSay(Reconfiguration.Problem(ReconfigurationPolicy.Additive, before, now), additive);
        ShouldSay(Reconfiguration.Problem(ReconfigurationPolicy.Equal, before, now), equal);
    }

    [Fact]
    public async Task An_agent_with_running_tasks_comes_back_with_more_and_is_refused_with_less()
    {
        var (resources, attributes, policy) = (Resources, "rack:r1", ReconfigurationPolicy.Additive);
        await using var fixture = await AgentFixture.StartAsync(adjust: options => options with
        {
            Resources = resources,
            Attributes = attributes,
            ReconfigurationPolicy = policy,
        });
        await fixture.RunUpAsync(FakeMaster.Task("stays", "sleep 1000"));

        (resources, attributes) = (Resources.Replace("cpus:2", "cpus:4", StringComparison.Ordinal), "rack:r1;size:big");
        await fixture.RestartAgentAsync();
        fixture.Registration.AgentInfo.Id.Value.ShouldBe(FakeMaster.AgentId);
        fixture.Registration.AgentInfo.Resources.Single(static r => r.Name == "cpus").Scalar.Value.ShouldBe(4);
        fixture.Registration.AgentInfo.Attributes.Count.ShouldBe(2);
        fixture.Registration.Tasks.ShouldHaveSingleItem().TaskId.Value.ShouldBe("stays");

        await fixture.Agent.DisposeAsync();
        var less = AgentFixture.Options(fixture.Master.Address, fixture.Work) with
        {
            Resources = Resources,
            Attributes = attributes,
            ReconfigurationPolicy = policy,
        };
        var refused = await Should.ThrowAsync<AgentStartException>(() =>
            AgentServer.StartAsync(less, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None));
        refused.Message.ShouldContain("additive");
        refused.Message.ShouldContain("cpus:4");

        // The refusal changed nothing: it comes back as it was.
        await fixture.StartAgentAsync();
        fixture.Registration.Tasks.ShouldHaveSingleItem().TaskId.Value.ShouldBe("stays");
    }

    private static void ShouldSay(string? problem, string? part)
    {
        if (part is null)
        {
            problem.ShouldBeNull();
        }
        else
        {
            problem.ShouldNotBeNull().ShouldContain(part);
        }
    }

    private static AgentInfo Info(string resources, string attributes) => new()
    {
        Hostname = "localhost",
        Resources = { ResourceSet.Parse(resources).ToWire() },
        Attributes = { AgentAttributes.Parse(attributes) },
    };
}
