using System.Net;
using System.Text;
using Plenum.Master.Tests.Cluster;

namespace Plenum.Master.Tests.Golden;

/// <summary>
/// The map of mesos.md 3.1, line by line: each path at the root and below /master, with the code, the type and, where it
/// is fixed, the body of its answer from an empty cluster; and what another method gets.
/// </summary>
public sealed class EndpointMapTests(EndpointMapTests.Shared shared) : IClassFixture<EndpointMapTests.Shared>
{
    private const string Json = "application/json";
    private const string Text = "text/plain; charset=utf-8";
    private const string Form = "application/x-www-form-urlencoded";

    /// <summary>Method, path, request's type and body, code, answer's type (none: no body), body (null: not fixed).</summary>
    public static TheoryData<string, string, string?, string, int, string?, string?> Map() => new()
    {
        { "GET", "/health", null, "", 200, null, "" },
        { "GET", "/version", null, "", 200, Json, null },
        { "GET", "/state", null, "", 200, Json, null },
        { "GET", "/state.json", null, "", 200, Json, null },
        { "GET", "/state-summary", null, "", 200, Json, """{"hostname":"localhost","cluster":"plenum","slaves":[],"frameworks":[]}""" },
        { "GET", "/state-summary.json", null, "", 200, Json, null },
        { "GET", "/slaves", null, "", 200, Json, """{"slaves":[],"recovered_slaves":[]}""" },
        { "GET", "/slaves.json", null, "", 200, Json, """{"slaves":[],"recovered_slaves":[]}""" },
        { "GET", "/slaves?slave_id=x&jsonp=f", null, "", 200, "text/javascript", """f({"slaves":[],"recovered_slaves":[]});""" },
        { "GET", "/frameworks", null, "", 200, Json, """{"frameworks":[],"completed_frameworks":[],"unregistered_frameworks":[]}""" },
        { "GET", "/frameworks.json", null, "", 200, Json, """{"frameworks":[],"completed_frameworks":[],"unregistered_frameworks":[]}""" },
        { "GET", "/tasks", null, "", 200, Json, """{"tasks":[]}""" },
        { "GET", "/tasks.json?limit=1&order=asc", null, "", 200, Json, """{"tasks":[]}""" },
        { "GET", "/tasks?order=upwards", null, "", 400, Text, null },
        { "GET", "/tasks?limit=-1", null, "", 400, Text, null },
        { "GET", "/roles", null, "", 200, Json, """{"roles":[]}""" },
        { "GET", "/roles.json", null, "", 200, Json, """{"roles":[]}""" },
        { "GET", "/flags", null, "", 200, Json, null },
        { "GET", "/flags.json", null, "", 200, Json, null },
        { "GET", "/metrics/snapshot", null, "", 200, Json, null },
        { "GET", "/metrics/snapshot?timeout=10secs", null, "", 200, Json, null },
        { "GET", "/files/browse", null, "", 400, Text, null },
        { "GET", "/files/browse.json?path=/nothing", null, "", 404, Text, null },
        { "GET", "/files/read?path=/nothing", null, "", 404, Text, null },
        { "GET", "/files/read.json", null, "", 400, Text, null },
        { "GET", "/files/download?path=/nothing", null, "", 404, Text, null },
        { "GET", "/files/debug", null, "", 200, Json, "{}" },
        { "GET", "/files/debug.json", null, "", 200, Json, "{}" },
        { "GET", "/quota", null, "", 200, Json, "{}" },
        { "POST", "/quota", Json, "{", 400, Text, null },
        { "DELETE", "/quota/unknown", null, "", 400, Text, null },
        { "GET", "/weights", null, "", 200, Json, "[]" },
        { "PUT", "/weights", Json, """{"role":"a","weight":2.0}""", 400, Text, null },
        { "PUT", "/weights", Json, """[{"role":"a","weight":0}]""", 400, Text, null },
        { "POST", "/reserve", Json, "{}", 400, Text, null },
        { "POST", "/reserve", Form, "resources=[]", 400, Text, null },
        { "POST", "/reserve", Form, "slaveId=x&resources=[]", 400, Text, null },
        { "POST", "/unreserve", Form, "slaveId=x&resources=nonsense", 400, Text, null },
        { "POST", "/create-volumes", Form, "slaveId=x", 400, Text, null },
        { "POST", "/destroy-volumes", Form, "slaveId=x&volumes=[]", 400, Text, null },
        { "POST", "/teardown", Form, "frameworkId=unknown", 400, Text, null },
        { "POST", "/teardown", Form, "", 400, Text, null },
        { "GET", "/maintenance/schedule", null, "", 200, Json, "{}" },
        { "POST", "/maintenance/schedule", Json, "[]", 400, Text, null },
        { "POST", "/maintenance/schedule", Json, """{"windows":[]}""", 200, null, "" },
        { "GET", "/maintenance/status", null, "", 200, Json, "{}" },
        { "POST", "/machine/down", Json, """[{"hostname":"h","ip":"192.0.2.1"}]""", 400, Text, null },
        { "POST", "/machine/up", Json, """[{"hostname":"h","ip":"192.0.2.1"}]""", 400, Text, null },
        { "GET", "/registrar(1)/registry", null, "", 200, Json, null },
        { "GET", "/registrar%281%29/registry", null, "", 200, Json, null },
        { "GET", "/system/stats.json", null, "", 200, Json, null },
        { "GET", "/logging/toggle", null, "", 200, Text, "0\n" },
        { "GET", "/profiler/start", null, "", 501, Text, null },
        { "GET", "/profiler/stop", null, "", 501, Text, null },
        { "GET", "/memory-profiler/statistics", null, "", 501, Text, null },
        { "GET", "/help", null, "", 200, Text, null },
        { "GET", "/help?format=json", null, "", 200, Json, null },
        { "POST", "/api/v1", null, "", 400, Text, null },
        { "POST", "/api/v1", "text/plain", "", 415, Text, null },
        { "POST", "/api/v1/scheduler", "text/plain", "", 415, Text, null },
        { "GET", "/nothing", null, "", 404, Text, null },
        { "GET", "/redirect/deeper", null, "", 404, Text, null },

        // The other method, with what the path takes.
        { "POST", "/state", Json, "{}", 405, Text, null },
        { "GET", "/api/v1", null, "", 405, Text, null },
        { "GET", "/api/v1/scheduler", null, "", 405, Text, null },
        { "GET", "/teardown", null, "", 405, Text, null },
        { "GET", "/machine/down", null, "", 405, Text, null },
        { "DELETE", "/weights", null, "", 405, Text, null },
        { "GET", "/quota/role", null, "", 405, Text, null },
    };

    [Theory]
    [MemberData(nameof(Map))]
    public async Task Each_line_at_the_root_and_below_master(
        string method, string path, string? type, string body, int code, string? answerType, string? answer)
    {
        foreach (var prefix in (string[])["", "/master"])
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), prefix + path);
            if (type is not null)
            {
                request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
                request.Content.Headers.ContentType = new(type);
            }

            using var response = await shared.Master.Http.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            ((int)response.StatusCode).ShouldBe(code, $"{prefix}{path}: {text}");
            response.Content.Headers.ContentType?.ToString().ShouldBe(answerType, prefix + path);
            if (answerType is null)
            {
                response.Content.Headers.ContentLength.ShouldBe(0, "no type and no body go together");
            }

            if (answer is not null)
            {
                text.ShouldBe(answer, prefix + path);
            }

            if (code == 405)
            {
                response.Content.Headers.Allow.ShouldNotBeEmpty();
            }
        }
    }

    [Fact]
    public async Task The_registry_is_what_a_new_master_would_know()
    {
        await using var master = await TestMaster.StartAsync(with: static options => options with { MasterId = "m" });
        await using var agent = await master.AgentAsync("cpus:1;mem:64");
        using var weights = await master.Http.PutAsync("/weights", new StringContent("""[{"role":"eng","weight":2.5}]"""));
        weights.StatusCode.ShouldBe(HttpStatusCode.OK);
        var registry = await master.GetJsonAsync("/registrar(1)/registry");
        registry.EnumerateObject().Select(static member => member.Name).ShouldBe(
            ["master", "slaves", "machines", "schedules", "quota_configs", "weights", "unreachable", "gone"]);
        registry.GetProperty("master").GetProperty("info").GetProperty("id").GetString().ShouldBe("m");
        registry.GetProperty("slaves").GetProperty("slaves")[0].GetProperty("info").GetProperty("id").GetRawText()
            .ShouldBe("""{"value":"m-S0"}""");
        registry.GetProperty("weights").GetRawText().ShouldBe("""[{"info":{"weight":2.5,"role":"eng"}}]""");
        using var gone = await Operator.OperatorCallsTests.PostAsync(
            master, """{"type":"MARK_AGENT_GONE","mark_agent_gone":{"agent_id":{"value":"m-S0"}}}""", Json);
        gone.StatusCode.ShouldBe(HttpStatusCode.OK);
        registry = await master.GetJsonAsync("/registrar(1)/registry");
        registry.GetProperty("slaves").GetRawText().ShouldBe("""{"slaves":[]}""");
        var left = registry.GetProperty("gone").GetProperty("slaves")[0];
        left.GetProperty("id").GetRawText().ShouldBe("""{"value":"m-S0"}""");
        left.GetProperty("timestamp").GetProperty("nanoseconds").GetInt64().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task The_statistics_of_the_machine_have_their_old_names()
    {
        var statistics = await shared.Master.GetJsonAsync("/system/stats.json");
        statistics.EnumerateObject().Select(static member => member.Name).ShouldBe(
            ["cpus_total", "avg_load_1min", "avg_load_5min", "avg_load_15min", "mem_total_bytes", "mem_free_bytes"]);
        statistics.GetProperty("mem_total_bytes").GetInt64().ShouldBeGreaterThan(statistics.GetProperty("mem_free_bytes").GetInt64());
    }

    [Fact]
    public async Task Help_lists_every_path_with_its_rule()
    {
        var help = await shared.Master.GetJsonAsync("/help?format=json");
        var endpoints = help.GetProperty("processes")[0].GetProperty("endpoints").EnumerateArray().ToList();
        endpoints.Single(static endpoint => endpoint.GetProperty("name").GetString() == "/teardown")
            .GetProperty("text").GetString().ShouldBe("POST, guarded by teardown_frameworks");
        (await shared.Master.Http.GetStringAsync("/help")).ShouldContain("GET    /state  view_frameworks");
    }

    /// <summary>One master for all lines: none of them changes it.</summary>
    public sealed class Shared : IAsyncLifetime
    {
        internal TestMaster Master { get; private set; } = null!;

        public async Task InitializeAsync() => Master = await TestMaster.StartAsync();

        public async Task DisposeAsync() => await Master.DisposeAsync();
    }
}
