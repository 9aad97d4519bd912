using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Plenum.Master.Tests.Cluster;

namespace Plenum.Master.Tests.Routing;

public sealed class RoutingTests
{
    [Theory]
    [InlineData("/")]
    [InlineData("/nothing")]
    [InlineData("/master")]
    [InlineData("/master/master/state")]
    [InlineData("/redirect/deeper")]
    [InlineData("/api/v1/scheduler/x")]
    [InlineData("/STATE")]
    public async Task What_is_not_in_the_table_is_404(string path)
    {
        await using var master = await TestMaster.StartAsync();
        using var response = await master.Http.GetAsync(path);
        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("/state")]
    [InlineData("/state-summary")]
    [InlineData("/slaves")]
    [InlineData("/frameworks")]
    [InlineData("/tasks")]
    [InlineData("/roles")]
    [InlineData("/flags")]
    [InlineData("/version")]
    public async Task Every_old_read_answers_with_and_without_prefix_and_suffix(string path)
    {
        await using var master = await TestMaster.StartAsync();
        var plain = (await master.GetJsonAsync(path)).GetRawText();
        foreach (var other in (string[])[$"/master{path}", $"{path}.json", $"/master{path}.json", $"{path}/"])
        {
            (await master.GetJsonAsync(other)).GetRawText().ShouldBe(plain, other);
        }
    }

    [Fact]
    public async Task Health_is_200_and_empty_for_get_and_head()
    {
        await using var master = await TestMaster.StartAsync();
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Head])
        {
            using var request = new HttpRequestMessage(method, "/master/health");
            using var response = await master.Http.SendAsync(request);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            response.Content.Headers.ContentLength.ShouldBe(0);
        }
    }

    [Fact]
    public async Task The_version_is_plain_numbers()
    {
        await using var master = await TestMaster.StartAsync();
        var version = await master.GetJsonAsync("/version");
        var parts = version.GetProperty("version").GetString()!.Split('.').Select(int.Parse).ToArray();
        parts.Length.ShouldBe(3);
        parts[0].ShouldBeGreaterThanOrEqualTo(1);
    }

    [Fact]
    public async Task Redirect_names_host_and_port_of_the_leader()
    {
        await using var master = await TestMaster.StartAsync();
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var http = new HttpClient(handler) { BaseAddress = master.Server.Address };
        foreach (var path in (string[])["/redirect", "/master/redirect"])
        {
            using var response = await http.GetAsync(path);
            response.StatusCode.ShouldBe(HttpStatusCode.TemporaryRedirect);
            response.Headers.GetValues("Location").Single().ShouldBe($"//localhost:{master.Server.Address.Port}");
        }
    }

    [Fact]
    public async Task A_callback_wraps_the_answer_and_a_bad_one_is_refused()
    {
        await using var master = await TestMaster.StartAsync();
        using var response = await master.Http.GetAsync("/version?jsonp=app.show_1");
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/javascript");
        var text = await response.Content.ReadAsStringAsync();
        text.ShouldStartWith("app.show_1({");
        text.ShouldEndWith("});");
        using var bad = await master.Http.GetAsync("/version?jsonp=alert(1)//");
        bad.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Long_answers_are_compressed_for_those_who_ask_and_short_ones_never()
    {
        await using var master = await TestMaster.StartAsync();
        using var plain = await GetAsync(master, "/state", null);
        plain.Content.Headers.ContentEncoding.ShouldBeEmpty();
        using var refused = await GetAsync(master, "/state", "gzip;q=0");
        refused.Content.Headers.ContentEncoding.ShouldBeEmpty();
        using var small = await GetAsync(master, "/version", "gzip");
        small.Content.Headers.ContentEncoding.ShouldBeEmpty();

        using var compressed = await GetAsync(master, "/state", "deflate, gzip");
        compressed.Content.Headers.ContentEncoding.ShouldBe(["gzip"]);
        await using var unzipped = new GZipStream(await compressed.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        (await JsonDocument.ParseAsync(unzipped)).RootElement.GetProperty("cluster").GetString().ShouldBe("plenum");
    }

    [Theory]
    [InlineData("/profiler/start")]
    [InlineData("/memory-profiler/state")]
    [InlineData("/memory-profiler/download/raw")]
    public async Task What_Mesos_has_and_this_master_has_not_is_501_with_a_reason(string path)
    {
        await using var master = await TestMaster.StartAsync();
        using var response = await master.Http.GetAsync(path);
        response.StatusCode.ShouldBe(HttpStatusCode.NotImplemented);
        (await response.Content.ReadAsStringAsync()).ShouldContain(path);
    }

    [Fact]
    public async Task Teardown_takes_a_form_and_removes_the_framework()
    {
        await using var master = await TestMaster.StartAsync();
        await using var framework = await master.FrameworkAsync();
        (await TeardownAsync(master, "frameworkId=unknown")).ShouldBe(HttpStatusCode.BadRequest);
        (await TeardownAsync(master, "other=1")).ShouldBe(HttpStatusCode.BadRequest);
        using (var json = await master.Http.PostAsync("/teardown", new StringContent("{}", Encoding.UTF8, "application/json")))
        {
            json.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        }

        (await TeardownAsync(master, $"frameworkId={framework.Id.Value}")).ShouldBe(HttpStatusCode.OK);
        var state = await master.GetJsonAsync("/frameworks");
        state.GetProperty("frameworks").GetArrayLength().ShouldBe(0);
        state.GetProperty("completed_frameworks")[0].GetProperty("id").GetString().ShouldBe(framework.Id.Value);
    }

    [Fact]
    public async Task Until_it_leads_a_master_answers_503_but_for_health_and_version()
    {
        var gate = new TaskCompletionSource();
        var store = new TestStore { LeaseGate = gate };

        // The port must be known before the start returns.
        var port = FreePort();
        var starting = TestMaster.StartAsync(store, options => options with { Port = port });
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await Until.TrueAsync("the port is open", async () =>
        {
            try
            {
                return (await http.GetAsync("/health")).StatusCode == HttpStatusCode.OK;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
        (await http.GetAsync("/version")).StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var path in (string[])["/state", "/redirect", "/nothing", "/api/v1/scheduler"])
        {
            (await http.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable, path);
        }

        gate.SetResult();
        await using var master = await starting;
        (await http.GetAsync("/state")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_listener_that_others_can_reach_is_refused_with_the_reason()
    {
        var refusal = await Should.ThrowAsync<ArgumentException>(
            () => TestMaster.StartAsync(with: options => options with { Address = IPAddress.Any }));
        refusal.Message.ShouldContain("loopback");
    }

    private static async Task<HttpStatusCode> TeardownAsync(TestMaster master, string form)
    {
        using var content = new StringContent(form, Encoding.ASCII, "application/x-www-form-urlencoded");
        using var response = await master.Http.PostAsync("/master/teardown", content);
        return response.StatusCode;
    }

    private static async Task<HttpResponseMessage> GetAsync(TestMaster master, string path, string? encoding)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (encoding is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept-Encoding", encoding);
        }

        var response = await master.Http.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return response;
    }

    private static int FreePort()
    {
        using var socket = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }
}
