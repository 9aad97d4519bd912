using System.Net;
using System.Text;
using Plenum.Master.Tests.Cluster;
using Plenum.Master.Tests.Operator;

namespace Plenum.Master.Tests.Allocation;

/// <summary>Codes and bodies of <c>/weights</c>, <c>/quota</c> and their v1 calls: reference sections 3.1, 3.8 and 3.9.</summary>
public sealed class WeightsAndQuotaTests
{
    [Fact]
    public async Task Weights_are_put_and_read_in_both_apis_and_survive_the_master()
    {
        var store = new TestStore();
        await using (var master = await TestMaster.StartAsync(store))
        {
            (await TextAsync(master, HttpMethod.Get, "/weights")).ShouldBe((HttpStatusCode.OK, "[]"));
            (await TextAsync(master, HttpMethod.Put, "/weights", """[{"role":"ops","weight":2},{"role":"eng/x","weight":0.5}]"""))
                .ShouldBe((HttpStatusCode.OK, string.Empty));
            (await V1Async(master, """{"type":"UPDATE_WEIGHTS","update_weights":{"weight_infos":[{"role":"ops","weight":4.5}]}}"""))
                .ShouldBe((HttpStatusCode.OK, string.Empty));
        }

        await using var next = await TestMaster.StartAsync(store);
        (await TextAsync(next, HttpMethod.Get, "/master/weights"))
            .ShouldBe((HttpStatusCode.OK, """[{"role":"eng/x","weight":0.5},{"role":"ops","weight":4.5}]"""));
        (await V1Async(next, """{"type":"GET_WEIGHTS"}""")).Body.ShouldBe(
            """{"type":"GET_WEIGHTS","get_weights":{"weight_infos":[{"weight":0.5,"role":"eng/x"},{"weight":4.5,"role":"ops"}]}}""");
    }

    [Theory]
    [InlineData("""{"role":"ops","weight":2}""")]
    [InlineData("""[{"role":"ops"}]""")]
    [InlineData("""[{"role":"ops","weight":0}]""")]
    [InlineData("[")]
    [InlineData("")]
    public async Task A_body_that_is_no_list_of_weights_is_400(string body)
    {
        await using var master = await TestMaster.StartAsync();
        (await TextAsync(master, HttpMethod.Put, "/weights", body)).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await TextAsync(master, HttpMethod.Post, "/weights", body)).Status.ShouldBe(HttpStatusCode.MethodNotAllowed);
    }

    [Fact]
    public async Task Quota_is_set_read_and_removed_by_the_older_endpoint()
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync();
        const string Request = """{"role":"dev","guarantee":[{"name":"cpus","type":"SCALAR","scalar":{"value":2}}]}""";
        (await TextAsync(master, HttpMethod.Post, "/quota", Request)).ShouldBe((HttpStatusCode.OK, string.Empty));
        (await TextAsync(master, HttpMethod.Post, "/quota", Request)).Status.ShouldBe(HttpStatusCode.BadRequest, "it has one");
        (await TextAsync(master, HttpMethod.Post, "/quota", Request.Replace("dev", "ops").Replace(":2", ":3"))).Status
            .ShouldBe(HttpStatusCode.Conflict, "the agent has four cpus");
        var body = (await TextAsync(master, HttpMethod.Get, "/quota")).Body;
        body.ShouldContain("""{"infos":[{"role":"dev","guarantee":[{"name":"cpus","type":"SCALAR","scalar":{"value":2.0}""");
        body.ShouldContain("""
            "configs":[{"role":"dev","guarantees":{"cpus":{"value":2.0}},"limits":{"cpus":{"value":2.0}}}]
            """);
        (await TextAsync(master, HttpMethod.Delete, "/quota/dev")).ShouldBe((HttpStatusCode.OK, string.Empty));
        (await TextAsync(master, HttpMethod.Delete, "/quota/dev")).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await TextAsync(master, HttpMethod.Delete, "/quota/a/b")).Status.ShouldBe(HttpStatusCode.BadRequest, "a role without quota");
        (await TextAsync(master, HttpMethod.Delete, "/quota/*")).Status.ShouldBe(HttpStatusCode.BadRequest, "the role of all has none");
        (await TextAsync(master, HttpMethod.Get, "/quota/dev")).Status.ShouldBe(HttpStatusCode.MethodNotAllowed);
    }

    [Fact]
    public async Task Nested_quota_is_set_shown_with_what_its_subtree_consumes_and_removed()
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync("cpus:4;mem:4096;cpus(dev/x):2");
        const string Update = """
            {"type":"UPDATE_QUOTA","update_quota":{"quota_configs":[
              {"role":"dev","guarantees":{"cpus":{"value":3}}},{"role":"dev/x","guarantees":{"cpus":{"value":GUARANTEE}}}]}}
            """;
        var refused = await V1Async(master, Update.Replace("GUARANTEE", "4"));
        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.Body.ShouldContain("below 'dev'");
        (await V1Async(master, Update.Replace("GUARANTEE", "2"))).ShouldBe((HttpStatusCode.OK, string.Empty));

        await using var top = await master.FrameworkAsync(with: info => In(info, "dev"));
        await using var nested = await master.FrameworkAsync(with: info => In(info, "dev/x"));
        var roles = (await master.GetJsonAsync("/roles")).GetProperty("roles").EnumerateArray()
            .ToDictionary(role => role.GetProperty("name").GetString()!, role => role.GetProperty("quota"));
        roles["dev"].GetProperty("consumed").GetProperty("cpus").GetDouble().ShouldBe(2, "the reservation of dev/x counts, offers do not");
        roles["dev/x"].GetProperty("consumed").GetProperty("cpus").GetDouble().ShouldBe(2);
        var metrics = await master.GetJsonAsync("/metrics/snapshot");
        Metric("quota/roles/dev/resources/cpus/guarantee").ShouldBe(3);
        Metric("quota/roles/dev/resources/cpus/consumed").ShouldBe(2);
        Metric("quota/roles/dev/resources/cpus/offered_or_allocated")
            .ShouldBe(Metric("resources/cpus/offered_or_allocated"), "nobody else holds anything");
        (Metric("roles/dev/shares/dominant") + Metric("roles/dev/x/shares/dominant")).ShouldBeGreaterThan(0);
        Metric("offer_filters/roles/dev/active").ShouldBe(0);
        roles["dev/x"].GetProperty("guarantee").GetProperty("cpus").GetDouble().ShouldBe(2);

        (await TextAsync(master, HttpMethod.Delete, "/quota/dev")).Status.ShouldBe(HttpStatusCode.BadRequest, "dev/x builds on it");
        (await TextAsync(master, HttpMethod.Delete, "/quota/dev/x")).ShouldBe((HttpStatusCode.OK, string.Empty));
        (await TextAsync(master, HttpMethod.Delete, "/master/quota/dev")).ShouldBe((HttpStatusCode.OK, string.Empty));

        double Metric(string name) => metrics.GetProperty($"allocator/mesos/{name}").GetDouble();
    }

    [Fact]
    public async Task Quota_by_the_v1_calls_has_their_codes()
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync();
        const string Update = """{"type":"UPDATE_QUOTA","update_quota":{"force":FORCE,"quota_configs":[{"role":"dev","guarantees":{"cpus":{"value":9}}}]}}""";
        (await V1Async(master, Update.Replace("FORCE", "false"))).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await V1Async(master, Update.Replace("FORCE", "true"))).ShouldBe((HttpStatusCode.OK, string.Empty));
        (await V1Async(master, """{"type":"GET_QUOTA"}""")).Body.ShouldContain("""
            "configs":[{"role":"dev","guarantees":{"cpus":{"value":9.0}}
            """);
        (await V1Async(master, """{"type":"UPDATE_QUOTA"}""")).ShouldBe((HttpStatusCode.BadRequest, "The call has no 'update_quota'"));
        (await V1Async(master, """{"type":"REMOVE_QUOTA","remove_quota":{"role":"dev"}}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await V1Async(master, """{"type":"REMOVE_QUOTA","remove_quota":{}}""")).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    private static Protocol.V1.FrameworkInfo In(Protocol.V1.FrameworkInfo info, string role)
    {
        info.Roles.Clear();
        info.ClearRole();
        info.Capabilities.Add(new Protocol.V1.FrameworkInfo.Types.Capability
        {
            Type = Protocol.V1.FrameworkInfo.Types.Capability.Types.Type.MultiRole,
        });
        info.Roles.Add(role);
        return info;
    }

    private static async Task<(HttpStatusCode Status, string Body)> V1Async(TestMaster master, string call)
    {
        using var response = await OperatorCallsTests.PostAsync(master, call, "application/json");
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static async Task<(HttpStatusCode Status, string Body)> TextAsync(
        TestMaster master, HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await master.Http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
