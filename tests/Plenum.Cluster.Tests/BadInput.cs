using System.Net;
using System.Text;
using System.Text.Json;
using Plenum.Cluster.Tests.Harness;

namespace Plenum.Cluster.Tests;

/// <summary>What a whole cluster answers to input that is broken, too large or cannot be carried out; and that it goes on.</summary>
public sealed class BadInput : IAsyncLifetime
{
    private const string Json = "application/json";
    private const string Protobuf = "application/x-protobuf";

    /// <summary>Above the largest body that any of the APIs takes (32 MB, Marathon's).</summary>
    private const int Oversize = 33 * 1024 * 1024;

    private TestCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        if (Environment.IsPrivilegedProcess)
        {
            _cluster = await TestCluster.UpAsync();
        }
    }

    public async Task DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }

    [RootFact]
    public async Task Every_port_refuses_malformed_and_oversize_bodies_in_its_own_words_and_goes_on()
    {
        foreach (var port in new[] { _cluster.MasterPort, _cluster.AgentPort })
        {
            foreach (var path in port == _cluster.MasterPort ? ["/api/v1", "/api/v1/scheduler"] : new[] { "/api/v1", "/api/v1/executor" })
            {
                await ExpectAsync(port, path, Json, "{\"type\":", HttpStatusCode.BadRequest, "JSON");
                await ExpectAsync(port, path, Protobuf, "\u0007\u0007\u0007", HttpStatusCode.BadRequest, "protobuf");
                await ExpectAsync(port, path, "text/plain", "x", HttpStatusCode.UnsupportedMediaType, "application/json");
                await ExpectAsync(port, path, Json, new string(' ', Oversize), HttpStatusCode.RequestEntityTooLarge, "too large");
            }

            await ExpectAsync(port, "/api/v1", Json, """{"type":"GET_HEALTH","nobody_knows":1}""", HttpStatusCode.OK, "\"healthy\":true");
        }

        foreach (var (body, status, words) in new[]
        {
            ("{\"id\":", HttpStatusCode.BadRequest, "Invalid JSON"),
            ("[1]", HttpStatusCode.UnprocessableEntity, "error.expected.jsobject"),
            ("""{"id":"/x","cmd":"x","cpus":-1}""", HttpStatusCode.UnprocessableEntity, "/cpus"),
            (new string(' ', Oversize), HttpStatusCode.RequestEntityTooLarge, "larger than"),
        })
        {
            var answer = await ExpectAsync(_cluster.MarathonPort, "/v2/apps", Json, body, status, words);
            JsonDocument.Parse(answer).RootElement.GetProperty("message").GetString().ShouldNotBeNullOrEmpty();
        }

        (await _cluster.GetAsync("/v2/apps")).GetProperty("apps").GetArrayLength().ShouldBe(0);
    }

    [RootFact]
    public async Task An_image_and_a_command_that_do_not_exist_and_resources_nobody_has_are_told_to_the_user()
    {
        await using var events = await _cluster.EventsAsync();
        await _cluster.SendAsync(
            HttpMethod.Post,
            "/v2/apps",
            """{"id":"/image","cmd":"sleep 9","cpus":0.1,"mem":32,"container":{"type":"MESOS","docker":{"image":"127.0.0.1:1/none:1"}}}""");
        await events.WaitForTaskAsync("/image", "TASK_FAILED");
        await _cluster.SendAsync(HttpMethod.Post, "/v2/apps", """{"id":"/command","args":["/no/such/program"],"cpus":0.1,"mem":32}""");
        await events.WaitForTaskAsync("/command", "TASK_FAILED");

        (await _cluster.PlenumAsync("app", "show", "image")).Output.ShouldContain("the image 127.0.0.1:1/none:1 cannot be pulled");
        (await _cluster.PlenumAsync("app", "show", "command")).Output.ShouldContain("/no/such/program");
        var ended = (await _cluster.PlenumAsync("task", "list", "--all")).Output;
        ended.ShouldContain("the image 127.0.0.1:1/none:1 cannot be pulled");
        ended.ShouldContain("/no/such/program");

        var file = Path.Combine(_cluster.State, "huge.json");
        await File.WriteAllTextAsync(file, """{"id":"/huge","cmd":"sleep 9","cpus":100000,"mem":32}""");
        var (code, output) = await _cluster.PlenumAsync("app", "add", "--timeout", "3", file);
        code.ShouldBe(7);
        output.ShouldContain("still runs; no offer fits: InsufficientCpus");
    }

    [RootFact]
    public async Task A_damaged_checkpoint_ends_its_task_with_the_reason_and_no_other()
    {
        await using (var events = await _cluster.EventsAsync())
        {
            foreach (var app in new[] { "/damaged", "/sound" })
            {
                await _cluster.SendAsync(HttpMethod.Post, "/v2/apps", $$"""{"id":"{{app}}","cmd":"exec sleep 100000","cpus":0.1,"mem":32}""");
                await events.WaitForTaskAsync(app, "TASK_RUNNING");
            }
        }

        var sound = await TaskIdAsync("/sound");
        var damaged = await TaskIdAsync("/damaged");
        var meta = Path.Combine(_cluster.State, "agents", "1", "meta");
        var record = Directory.EnumerateFiles(Path.Combine(meta, "records", "tasks"), $"{damaged}*", SearchOption.AllDirectories).Single();
        await using (var file = new FileStream(record, FileMode.Open, FileAccess.Write))
        {
            file.Position = 20;
            file.Write("garbage"u8);
        }

        await _cluster.KillServerAsync();
        await using (var events = await _cluster.EventsAsync())
        {
            if (await TaskIdAsync("/damaged") is not { } now || now == damaged)
            {
                await events.WaitForTaskAsync("/damaged", "TASK_RUNNING");
            }
        }

        Directory.EnumerateFiles(Path.Combine(meta, "quarantine")).ShouldHaveSingleItem().ShouldContain(damaged!);
        (await TaskIdAsync("/sound")).ShouldBe(sound);
        (await TaskIdAsync("/damaged")).ShouldNotBe(damaged);
        (await _cluster.PlenumAsync("task", "list", "--all", "damaged")).Output.ShouldContain("quarantine");
    }

    [RootFact]
    public async Task A_closed_standard_input_is_an_empty_one()
    {
        var (code, output) = await _cluster.ShellAsync("./plenum app add - <&-");

        code.ShouldBe(2);
        output.ShouldContain("standard input is not JSON");
    }

    private async Task<string?> TaskIdAsync(string app) =>
        (await _cluster.GetAsync($"/v2/apps{app}/tasks")).GetProperty("tasks").EnumerateArray()
            .Select(task => task.GetProperty("id").GetString()).SingleOrDefault();

    private static async Task<string> ExpectAsync(
        int port, string path, string type, string body, HttpStatusCode status, string words)
    {
        using var client = new HttpClient();
        using var content = new ByteArrayContent(Encoding.Latin1.GetBytes(body));
        content.Headers.ContentType = new(type);
        // A server that refuses a large body answers before it is all sent; asking first keeps the answer readable.
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{port}{path}") { Content = content };
        request.Headers.ExpectContinue = body.Length == Oversize;
        using var response = await client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(status, $"{path} {type}: {text}");
        text.ShouldContain(words);
        return text;
    }
}
