using System.Net;
using System.Text.Json;
using Plenum.Http.Access;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Server;

public sealed class LogsTests
{
    private const string Run = "logs/v2/task/frameworks/fw/executors/t/runs/latest";
    private const string Json = "application/json";
    private const string Events = "text/event-stream";

    [Fact]
    public async Task Lines_come_as_text_or_objects_from_a_cursor_on_or_from_the_end()
    {
        await using var fixture = await AgentFixture.StartAsync();
        await File.WriteAllTextAsync(Path.Join(await SandboxAsync(fixture), "log"), "one\ntwo\nthree\nfour");
        (string Query, string Expected)[] cases =
        [
            ("", "one\ntwo\nthree\nfour\n"), ("cursor=BEG&limit=2", "one\ntwo\n"), ("skip=2", "three\nfour\n"), ("skip=1&limit=1", "two\n"),
            ("cursor=END&skip=-2", "three\nfour\n"), ("skip=-2&limit=1", "three\n"), ("cursor=4", "two\nthree\nfour\n"),
            ("cursor=8&skip=-1", "two\nthree\nfour\n"), ("skip=-99", "one\ntwo\nthree\nfour\n"), ("filter=message:two", "two\n"),
            ("filter=EXECUTOR_ID:t&filter=FILE:log&limit=1", "one\n"),
        ];
        foreach (var (query, expected) in cases)
        {
            (await fixture.GetAsync($"{Run}/log?{query}")).ShouldBe(expected, query);
        }

        foreach (var nothing in (string[])["cursor=END", "filter=MESSAGE:none", "filter=STREAM:STDOUT", "skip=4", "cursor=18"])
        {
            (await AskAsync(fixture, $"log?{nothing}")).ShouldBe(HttpStatusCode.NoContent, nothing);
        }

        foreach (var wrong in (string[])["cursor=x", "cursor=-1", "skip=x", "limit=0", "limit=x", "filter=x", "filter=:x"])
        {
            (await AskAsync(fixture, $"log?{wrong}")).ShouldBe(HttpStatusCode.BadRequest, wrong);
        }

        foreach (var missing in (string[])["missing", "..", "%2e%2e/log", "log/more", "", "tasks/x/log", "missing/download"])
        {
            (await AskAsync(fixture, missing)).ShouldBe(HttpStatusCode.NotFound, missing);
        }

        using var answer = await SendAsync(fixture, "log?skip=1&limit=1", Json);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe(Json);
        using var entry = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        entry.RootElement.GetProperty("cursor").GetString().ShouldBe("8");
        entry.RootElement.GetProperty("fields").EnumerateObject().ToDictionary(static field => field.Name, static field => field.Value.GetString())
            .ShouldBe(new Dictionary<string, string?>
            {
                ["FRAMEWORK_ID"] = "fw", ["EXECUTOR_ID"] = "t", ["CONTAINER_ID"] = "latest", ["FILE"] = "log", ["MESSAGE"] = "two",
            });
        (await fixture.GetAsync($"slave(1)/{Run}/log/download")).ShouldBe("one\ntwo\nthree\nfour");
        (await fixture.GetAsync($"{Run}/files/browse")).ShouldContain("/runs/latest/log\"");
    }

    [Fact]
    public async Task Whoever_follows_gets_what_is_there_and_what_comes_and_resumes_where_the_stream_broke()
    {
        await using var fixture = await AgentFixture.StartAsync();
        var log = Path.Join(await SandboxAsync(fixture), "log");
        await File.WriteAllTextAsync(log, "one\ntwo\n");
        using (var answer = await SendAsync(fixture, "log?cursor=END&skip=-1", Events))
        {
            answer.Content.Headers.ContentType!.MediaType.ShouldBe(Events);
            using var events = new StreamReader(await answer.Content.ReadAsStreamAsync());
            (await NextAsync(events)).ShouldBe(("8", "two"));
            await File.AppendAllTextAsync(log, "three\nfou");
            (await NextAsync(events)).ShouldBe(("14", "three"));
            await File.AppendAllTextAsync(log, "r\n");
            (await NextAsync(events)).ShouldBe(("19", "four"));
        }

        using var resumed = await SendAsync(fixture, "log?cursor=END", Events, lastEvent: "14");
        using var rest = new StreamReader(await resumed.Content.ReadAsStreamAsync());
        (await NextAsync(rest)).ShouldBe(("19", "four"));
    }

    [Fact]
    public async Task Logs_are_behind_the_rule_of_the_sandboxes()
    {
        await using var fixture = await AgentFixture.StartAsync();
        fixture.Agent.Routes["/logs/v2/task/**"].ShouldHaveSingleItem().Rule.ShouldBe(Rules.ReadSandboxes);
    }

    private static async Task<string> SandboxAsync(AgentFixture fixture) =>
        fixture.SandboxOf(await fixture.RunUpAsync(FakeMaster.Task("t", "sleep 1000")));

    private static async Task<HttpStatusCode> AskAsync(AgentFixture fixture, string what)
    {
        using var answer = await SendAsync(fixture, what, "text/plain");
        return answer.StatusCode;
    }

    private static async Task<HttpResponseMessage> SendAsync(AgentFixture fixture, string what, string accept, string? lastEvent = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(fixture.Agent.Address, $"{Run}/{what}"));
        request.Headers.Accept.ParseAdd(accept);
        if (lastEvent is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEvent);
        }

        return await fixture.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private static async Task<(string Id, string Message)> NextAsync(StreamReader events)
    {
        var id = "";
        while (await events.ReadLineAsync(Patience.Token()) is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal))
            {
                id = line["id: ".Length..];
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                using var entry = JsonDocument.Parse(line["data: ".Length..]);
                entry.RootElement.GetProperty("cursor").GetString().ShouldBe(id);
                return (id, entry.RootElement.GetProperty("fields").GetProperty("MESSAGE").GetString()!);
            }
        }

        throw new InvalidOperationException("The stream ended.");
    }
}
