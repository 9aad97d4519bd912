using System.Net;
using System.Text.Json;
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
        fixture.Agent.Routes.Where(static entry => entry.Value.Any(static route => route.Rule == Rules.ByPath))
            .ShouldAllBe(static entry => entry.Key.StartsWith("/files/", StringComparison.Ordinal));
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

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_agents_log_has_a_rule_of_its_own_beside_that_of_the_sandboxes(bool log)
    {
        var directory = Directory.CreateTempSubdirectory("plenum-log-");
        var file = Path.Join(directory.FullName, "agent.log");
        await File.WriteAllTextAsync(file, "log");
        await using (var fixture = await AgentFixture.StartAsync(adjust: options => options with
        {
            Access = new AllBut(log ? Rules.ReadSandboxes : Rules.ReadLogs), LogFile = file,
        }))
        {
            await fixture.RunUpAsync(FakeMaster.Task("t", "sleep 1000"));
            const string Latest = "/frameworks/fw/executors/t/runs/latest";
            var sandbox = log ? HttpStatusCode.Forbidden : HttpStatusCode.OK;
            var logs = log ? HttpStatusCode.OK : HttpStatusCode.Forbidden;
            (string Path, HttpStatusCode Expected)[] wanted =
            [
                ($"{Latest}/stdout", sandbox), ($"{Latest}//./stdout", sandbox), ("/slave/log", logs), ("//slave//log", logs), ("slave/log/", logs),
            ];
            foreach (var (path, expected) in wanted)
            {
                foreach (var route in (string[])["files/browse", "slave(1)/files/read.json", "files/download"])
                {
                    using var answer = await fixture.Http.GetAsync(new Uri(fixture.Agent.Address, $"{route}?path={path}&offset=0"));
                    await ExpectAsync(answer, expected, $"{route} {path}");
                }

                using var listed = await fixture.PostAsync("api/v1", new Call
                {
                    Type = Type.ListFiles, ListFiles = new Call.Types.ListFiles { Path = path },
                });
                await ExpectAsync(listed, expected, $"list {path}");
                using var read = await fixture.PostAsync("api/v1", new Call
                {
                    Type = Type.ReadFile, ReadFile = new Call.Types.ReadFile { Path = path, Offset = 0 },
                });
                await ExpectAsync(read, expected, $"read {path}");
            }

            // The names of what may not be read are not told either.
            using var debug = JsonDocument.Parse(await fixture.GetAsync("files/debug"));
            debug.RootElement.EnumerateObject().Select(static entry => entry.Name)
                .ShouldBe(log ? ["/slave/log", "/slave/log.1"] : [Latest]);
        }

        directory.Delete(recursive: true);

        async Task ExpectAsync(HttpResponseMessage answer, HttpStatusCode expected, string what)
        {
            answer.StatusCode.ShouldBe(expected, what);
            if (expected == HttpStatusCode.Forbidden)
            {
                (await answer.Content.ReadAsStringAsync()).ShouldContain(log ? Rules.ReadSandboxes.Action : Rules.ReadLogs.Action);
            }
        }
    }

    private sealed class AllBut(params AccessRule[] refused) : IAccessPolicy
    {
        public ValueTask<bool> AllowsAsync(AccessRule rule, HttpContext context) => ValueTask.FromResult(!refused.Contains(rule));
    }
}
