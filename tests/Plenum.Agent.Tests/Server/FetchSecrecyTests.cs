using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Tests.Fetching;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Server;

public sealed class FetchSecrecyTests
{
    private const string Canary = "canary-password";

    [Fact]
    public async Task Passwords_and_signatures_in_URIs_are_in_no_log_no_status_message_and_no_answer()
    {
        await using var server = await FileServer.StartAsync(static context =>
        {
            context.Response.StatusCode = context.Request.Path == "/good" ? StatusCodes.Status200OK : StatusCodes.Status403Forbidden;
            return context.Response.WriteAsync("content");
        });
        using var log = new Capture();
        using var loggers = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Trace).AddProvider(log));
        await using var fixture = await AgentFixture.StartAsync(loggers: loggers);
        var told = new List<(string Where, string What)>();

        // What can be reached, what answers with an error, what no server takes, and what is no URI at all.
        told.Add(("update", (await fixture.RunUpAsync(FakeMaster.Task("good", "sleep 1000", task => Fetch(task, "good")))).ToString()));
        string[] refused =
        [
            "bad", "bad#sha256=nothing", $"good#sha256={new string('0', 64)}",
            $"http://user:{Canary}@127.0.0.1:1/x?sig={Canary}", $"ftp://user:{Canary}@127.0.0.1:1/x?sig={Canary}", $"hdfs://user:{Canary}@name/x",
            $"http://user:{Canary}@[broken/x?sig={Canary}",
        ];
        for (var i = 0; i < refused.Length; i++)
        {
            fixture.Master.Run(FakeMaster.Task($"bad-{i}", "true", task => Fetch(task, refused[i])));
            var failed = await fixture.Master.UpdateAsync($"bad-{i}", TaskState.TaskFailed);
            failed.Message.ShouldNotBeNullOrEmpty();
            told.Add(("update", failed.ToString()));
        }

        log.Lines.ShouldNotBeEmpty();
        foreach (var path in fixture.Agent.Routes.Where(static entry => entry.Value.Any(static route => route.Takes("GET"))).Select(static entry => entry.Key))
        {
            using var answer = await fixture.Http.GetAsync(new Uri(fixture.Agent.Address, path));
            told.Add((path, await answer.Content.ReadAsStringAsync()));
        }

        foreach (var type in Enum.GetValues<Call.Types.Type>().Where(static type => type.ToString().StartsWith("Get", StringComparison.Ordinal)))
        {
            using var answer = await fixture.PostAsync("api/v1", new Call { Type = type });
            told.Add((type.ToString(), await answer.Content.ReadAsStringAsync()));
        }

        told.Count(static answer => answer.What.Contains("bad-0", StringComparison.Ordinal)).ShouldBeGreaterThan(2);
        told.AddRange(log.Lines.Select(static line => ("log", line)));
        told.Where(static answer => answer.What.Contains(Canary, StringComparison.Ordinal)).ShouldBeEmpty();

        void Fetch(TaskInfo task, string uri) => task.Command.Uris.Add(new CommandInfo.Types.URI
        {
            Value = uri.Contains("://", StringComparison.Ordinal) ? uri
                : $"http://user:{Canary}@127.0.0.1:{server.Address.Port}/{uri.Replace("#", $"?sig={Canary}#", StringComparison.Ordinal)}",
        });
    }

    private sealed class Capture : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
