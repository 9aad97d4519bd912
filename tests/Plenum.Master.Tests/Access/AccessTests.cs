using System.Net;
using Microsoft.AspNetCore.Http;
using Plenum.Http.Access;
using Plenum.Master.Operator;
using Plenum.Master.Tests.Cluster;
using Plenum.Master.Tests.Operator;
using Type = Plenum.Protocol.V1.Master.Call.Types.Type;

namespace Plenum.Master.Tests.Access;

public sealed class AccessTests
{
    [Fact]
    public async Task Every_route_has_a_rule_of_the_table()
    {
        await using var master = await TestMaster.StartAsync();
        var routes = master.Server.Routes;
        routes.Count.ShouldBeGreaterThan(80, "the spellings of some forty paths");
        foreach (var (path, behind) in routes)
        {
            foreach (var route in behind)
            {
                Rules.All.ShouldContain(route.Rule, $"{route.Method} {path}");
            }
        }

        // Open to everybody is what monitors ask, what clients need to find the leader, and nothing that tells of a cluster.
        routes.Where(static entry => entry.Value.Any(static route => route.Rule == Rules.Anyone))
            .Select(static entry => entry.Key).Where(static path => !path.StartsWith("/master/", StringComparison.Ordinal))
            .ShouldBe(["/health", "/help", "/redirect", "/version", "/version.json"], ignoreOrder: true);
        routes.Where(static entry => entry.Value.Any(static route => route.Rule == Rules.ByCall))
            .Select(static entry => entry.Key).ShouldBe(["/api/v1", "/master/api/v1"], ignoreOrder: true);
    }

    [Fact]
    public void Every_operator_call_has_a_rule()
    {
        foreach (var type in Enum.GetValues<Type>().Where(static type => type != Type.Unknown))
        {
            CallRules.Of(type).ShouldNotBeNull($"{type} has no rule");
        }
    }

    [Fact]
    public async Task What_the_policy_does_not_allow_is_403_and_names_the_rule_for_routes_and_for_calls()
    {
        await using var master = await TestMaster.StartAsync(with: static options => options with
        {
            Access = new AllBut(Rules.ViewState, Rules.ReadLogs),
        });
        foreach (var path in (string[])["/state", "/master/tasks.json", "/files/browse?path=/master/log"])
        {
            using var refused = await master.Http.GetAsync(path);
            refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden, path);
        }

        using var flags = await master.Http.GetAsync("/flags");
        flags.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var call = await OperatorCallsTests.PostAsync(master, """{"type":"GET_STATE"}""", "application/json");
        call.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await call.Content.ReadAsStringAsync()).ShouldContain(Rules.ViewState.Action);
        using var subscribe = await OperatorCallsTests.PostAsync(master, """{"type":"SUBSCRIBE"}""", "application/json");
        subscribe.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        using var allowed = await OperatorCallsTests.PostAsync(master, """{"type":"GET_HEALTH"}""", "application/json");
        allowed.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private sealed class AllBut(params AccessRule[] refused) : IAccessPolicy
    {
        public ValueTask<bool> AllowsAsync(AccessRule rule, HttpContext context) => ValueTask.FromResult(!refused.Contains(rule));
    }
}
