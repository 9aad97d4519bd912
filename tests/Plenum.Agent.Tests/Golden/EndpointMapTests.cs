using System.Text;
using System.Text.Json;
using Plenum.Agent.Tests.Server;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Golden;

/// <summary>
/// The map of mesos.md 3.1 for an agent with one task, line by line: each path at the root and below both spellings of
/// /slave(1), with the code, the type and, where it is fixed, the body of its answer; and what another method gets.
/// </summary>
public sealed class EndpointMapTests(EndpointMapTests.Shared shared) : IClassFixture<EndpointMapTests.Shared>
{
    private const string Json = "application/json";
    private const string Text = "text/plain; charset=utf-8";
    private const string Latest = "/frameworks/fw/executors/t/runs/latest";

    /// <summary>Method, path, request's type and body, code, answer's type (none: no body), body (null: not fixed).</summary>
    public static TheoryData<string, string, string?, string, int, string?, string?> Map() => new()
    {
        { "GET", "/health", null, "", 200, null, "" },
        { "GET", "/version", null, "", 200, Json, null },
        { "GET", "/version.json", null, "", 200, Json, null },
        { "GET", "/state", null, "", 200, Json, null },
        { "GET", "/state.json", null, "", 200, Json, null },
        { "GET", "/state.json?jsonp=f", null, "", 200, "text/javascript", null },
        { "GET", "/flags", null, "", 200, Json, null },
        { "GET", "/flags.json", null, "", 200, Json, null },
        { "GET", "/metrics/snapshot", null, "", 200, Json, null },
        { "GET", "/metrics/snapshot?timeout=10secs", null, "", 200, Json, null },
        { "GET", "/metrics/snapshot?timeout=soon", null, "", 400, Text, null },
        { "GET", "/monitor/statistics", null, "", 200, Json, null },
        { "GET", "/monitor/statistics.json", null, "", 200, Json, null },
        { "GET", "/containers", null, "", 200, Json, null },
        { "GET", "/containers?container_id=unknown", null, "", 200, Json, "[]" },
        { "GET", "/containers?framework_id=fw&executor_id=other", null, "", 200, Json, "[]" },
        { "GET", "/containerizer/debug", null, "", 200, Json, """{"pending":[]}""" },
        { "GET", $"/files/browse?path={Latest}", null, "", 200, Json, null },
        { "GET", $"/files/browse.json?path={Latest}", null, "", 200, Json, null },
        { "GET", "/files/browse", null, "", 400, Text, null },
        { "GET", "/files/browse?path=/nothing", null, "", 404, Text, null },
        { "GET", $"/files/read?path={Latest}/stdout", null, "", 200, Json, """{"offset":6,"data":""}""" },
        { "GET", $"/files/read.json?path={Latest}/stdout&offset=0", null, "", 200, Json, """{"offset":0,"data":"hello\n"}""" },
        { "GET", $"/files/read?path={Latest}/stdout&offset=1&length=-1&jsonp=f", null, "", 200, "text/javascript", """f({"offset":1,"data":"ello\n"});""" },
        { "GET", $"/files/read?path={Latest}&offset=0", null, "", 400, Text, null },
        { "GET", $"/files/read?path={Latest}/stdout&offset=-2", null, "", 400, Text, null },
        { "GET", $"/files/read?path={Latest}/stdout&length=x", null, "", 400, Text, null },
        { "GET", $"/files/download?path={Latest}/stdout", null, "", 200, "application/octet-stream", "hello\n" },
        { "GET", $"/files/download?path={Latest}", null, "", 400, Text, null },
        { "GET", "/files/download?path=/slave/log", null, "", 404, Text, null },
        { "GET", "/files/debug", null, "", 200, Json, null },
        { "GET", "/system/stats.json", null, "", 200, Json, null },
        { "GET", "/logging/toggle", null, "", 200, Text, "0\n" },
        { "GET", "/logging/toggle?level=1", null, "", 400, Text, null },
        { "GET", "/profiler/start", null, "", 501, Text, null },
        { "GET", "/memory-profiler/download/raw", null, "", 501, Text, null },
        { "GET", "/help", null, "", 200, Text, null },
        { "GET", "/help?format=json", null, "", 200, Json, null },
        { "POST", "/api/v1", null, "", 400, Text, null },
        { "POST", "/api/v1", "text/plain", "x", 415, Text, null },
        { "POST", "/api/v1/executor", "text/plain", "x", 415, Text, null },
        { "POST", "/api/v1/resource_provider", "text/plain", "x", 415, Text, null },
        { "POST", "/api/v1/resource_provider", Json, "{}", 400, Text, null },
        { "GET", "/api/v1/resource_provider", null, "", 405, Text, null },
        { "GET", "/nothing", null, "", 404, Text, null },
        { "POST", "/state", Json, "{}", 405, Text, null },
        { "GET", "/api/v1", null, "", 405, Text, null },
        { "GET", "/api/v1/executor", null, "", 405, Text, null },
    };

    [Theory]
    [MemberData(nameof(Map))]
    public async Task Each_line_at_the_root_and_below_the_agents_name(
        string method, string path, string? type, string body, int code, string? answerType, string? answer)
    {
        foreach (var prefix in (string[])["", "/slave(1)", "/slave%281%29"])
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(shared.Fixture.Agent.Address, prefix + path));
            if (type is not null)
            {
                request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
                request.Content.Headers.ContentType = new(type);
            }

            using var response = await shared.Fixture.Http.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            ((int)response.StatusCode).ShouldBe(code, $"{prefix}{path}: {text}");
            response.Content.Headers.ContentType?.ToString().ShouldBe(answerType, prefix + path);
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

    [Theory]
    [InlineData("version", "version git_sha git_branch git_tag build_date build_time build_user")]
    [InlineData("flags", "flags")]
    [InlineData("system/stats.json", "cpus_total avg_load_1min avg_load_5min avg_load_15min mem_total_bytes mem_free_bytes")]
    [InlineData(
        "state",
        "version git_sha git_branch git_tag build_date build_time build_user start_time id pid hostname capabilities resources "
        + "reserved_resources unreserved_resources reserved_resources_full unreserved_resources_full reserved_resources_allocated "
        + "unreserved_resources_allocated resource_providers attributes master_hostname flags frameworks completed_frameworks")]
    public async Task Answers_have_exactly_these_keys(string path, string keys)
    {
        using var answer = JsonDocument.Parse(await shared.Fixture.GetAsync(path));
        answer.RootElement.EnumerateObject().Select(static member => member.Name).ShouldBe(keys.Split(' '), ignoreOrder: true);
    }

    [Fact]
    public async Task The_agents_log_is_read_beside_the_sandboxes_and_called_by_its_name()
    {
        var log = Path.Combine(Directory.CreateTempSubdirectory("plenum-agent-log-").FullName, "agent.log");
        await File.WriteAllTextAsync(log, "line\n");
        await using var fixture = await AgentFixture.StartAsync(adjust: options => options with { LogFile = log });
        (await fixture.GetAsync("files/read?path=/slave/log&offset=0")).ShouldBe("""{"offset":0,"data":"line\n"}""");
        using var debug = JsonDocument.Parse(await fixture.GetAsync("files/debug"));
        debug.RootElement.GetProperty("/slave/log").GetString().ShouldBe(log);
        using var state = JsonDocument.Parse(await fixture.GetAsync("state"));
        state.RootElement.GetProperty("external_log_file").GetString().ShouldBe(log);
        using var other = await fixture.Http.GetAsync(new Uri(fixture.Agent.Address, "files/read?path=/slave/log/../x&offset=0"));
        ((int)other.StatusCode).ShouldBe(404);
        Directory.Delete(Path.GetDirectoryName(log)!, recursive: true);
    }

    /// <summary>One agent with one task that said hello: no line changes it.</summary>
    public sealed class Shared : IAsyncLifetime
    {
        internal AgentFixture Fixture { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Fixture = await AgentFixture.StartAsync(
                adjust: static options => options with { Resources = "cpus:4;mem:1024;disk:1000;ports:[31000-31009]", Attributes = "rack:r1" });
            var up = await Fixture.RunUpAsync(FakeMaster.Task("t", "echo hello; touch done; sleep 1000"));
            await FileEvents.CreatedAsync(Path.Combine(Fixture.SandboxOf(up), "done"));
        }

        public async Task DisposeAsync() => await Fixture.DisposeAsync();
    }
}
