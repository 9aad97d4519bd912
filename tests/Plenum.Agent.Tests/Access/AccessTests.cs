using System.Net;
using Microsoft.AspNetCore.Http;
using Plenum.Agent.Operator;
using Plenum.Agent.Tests.Server;
using Plenum.Http.Access;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;
using Type = Plenum.Protocol.V1.Agent.Call.Types.Type;

namespace Plenum.Agent.Tests.Access;

public sealed class AccessTests
{
    [Fact]
    public async Task Every_route_and_every_call_has_a_rule_of_the_table()
    {
        await using var fixture = await AgentFixture.StartAsync();
        fixture.Agent.Routes.Count.ShouldBeGreaterThan(25);
        foreach (var (path, routes) in fixture.Agent.Routes)
        {
            routes.ShouldAllBe(static route => Rules.All.Contains(route.Rule), path);
        }

        fixture.Agent.Routes.Where(static entry => entry.Value.Any(static route => route.Rule == Rules.Anyone))
            .Select(static entry => entry.Key).ShouldBe(["/health", "/help", "/version", "/version.json"], ignoreOrder: true);
        fixture.Agent.Routes.Where(static entry => entry.Value.Any(static route => route.Rule == Rules.ByCall))
            .Select(static entry => entry.Key).ShouldBe(["/api/v1"]);
        foreach (var type in Enum.GetValues<Type>().Where(static type => type != Type.Unknown))
        {
            CallRules.Of(type).ShouldNotBeNull($"{type} has no rule");
        }
    }

    [Fact]
    public async Task What_the_policy_does_not_allow_is_403_for_routes_and_for_calls()
    {
        await using var fixture = await AgentFixture.StartAsync(adjust: static options => options with
        {
            Access = new AllBut(Rules.ViewState, Rules.LaunchContainer, Rules.AttachInput),
        });
        using var state = await fixture.Http.GetAsync(new Uri(fixture.Agent.Address, "slave(1)/state"));
        state.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        using var flags = await fixture.Http.GetAsync(new Uri(fixture.Agent.Address, "flags"));
        flags.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var launch = await fixture.PostAsync("api/v1", new Call
        {
            Type = Type.LaunchContainer,
            LaunchContainer = new Call.Types.LaunchContainer { ContainerId = new Protocol.V1.ContainerID { Value = "x" } },
        });
        launch.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await launch.Content.ReadAsStringAsync()).ShouldContain(Rules.LaunchContainer.Action);
        using var typing = new HttpRequestMessage(HttpMethod.Post, new Uri(fixture.Agent.Address, "api/v1"))
        {
            Content = new ByteArrayContent([]) { Headers = { ContentType = new("application/recordio") } },
        };
        using var typed = await fixture.Http.SendAsync(typing);
        typed.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    private sealed class AllBut(params AccessRule[] refused) : IAccessPolicy
    {
        public ValueTask<bool> AllowsAsync(AccessRule rule, HttpContext context) => ValueTask.FromResult(!refused.Contains(rule));
    }
}
