using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Plenum.Agent.Tests.Containers;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Server;

public sealed class OperatorApiTests
{
    [Fact]
    public async Task Reads_answer_in_both_forms_and_under_every_spelling_of_the_path()
    {
        await using var fixture = await AgentFixture.StartAsync();
        await fixture.RunUpAsync(FakeMaster.Task("t", "sleep 1000"));
        var state = await fixture.CallAsync(new Call { Type = Call.Types.Type.GetState });
        state.GetState.GetTasks.LaunchedTasks.ShouldHaveSingleItem().TaskId.Value.ShouldBe("t");
        (await fixture.CallAsync(new Call { Type = Call.Types.Type.GetAgent })).GetAgent.AgentInfo.Id.Value.ShouldBe(FakeMaster.AgentId);
        (await fixture.CallAsync(new Call { Type = Call.Types.Type.GetHealth })).GetHealth.Healthy.ShouldBeTrue();
        (await fixture.CallAsync(new Call { Type = Call.Types.Type.GetContainers })).GetContainers.Containers
            .ShouldHaveSingleItem().ExecutorId.Value.ShouldBe("t");
        (await fixture.CallAsync(new Call { Type = Call.Types.Type.GetMetrics })).GetMetrics.Metrics
            .Single(static metric => metric.Name == "slave/tasks_running").Value.ShouldBe(1);
        using var binary = await fixture.PostAsync("slave%281%29/api/v1", new Call { Type = Call.Types.Type.GetVersion }, "application/x-protobuf");
        binary.Content.Headers.ContentType!.ToString().ShouldBe("application/x-protobuf");
        Response.Parser.ParseFrom(await binary.Content.ReadAsByteArrayAsync()).GetVersion.VersionInfo.Version.ShouldBe("1.11.0");
    }

    [Fact]
    public async Task A_drain_is_shown_as_long_as_it_lasts_also_by_the_next_process_of_the_agent()
    {
        await using var fixture = await AgentFixture.StartAsync();
        await fixture.RunUpAsync(FakeMaster.Task("t", "sleep 1000"));
        fixture.Master.Draining = true;
        fixture.Master.Send(new MasterMessage
        {
            Drain = new MasterMessage.Types.Drain
            {
                Config = new DrainConfig { MaxGracePeriod = new DurationInfo { Nanoseconds = 2_000_000_000 } },
                Started = new TimeInfo { Nanoseconds = 1_700_000_000_500_000_000 },
            },
        });
        var killed = await fixture.Master.UpdateAsync("t", TaskState.TaskKilled);
        killed.Reason.ShouldBe(TaskStatus.Types.Reason.AgentDraining);
        await ShouldBeShownAsync(fixture);
        await fixture.RestartAgentAsync();
        await ShouldBeShownAsync(fixture);

        static async Task ShouldBeShownAsync(AgentFixture fixture)
        {
            var agent = (await fixture.CallAsync(new Call { Type = Call.Types.Type.GetAgent })).GetAgent;
            agent.DrainConfig.MaxGracePeriod.Nanoseconds.ShouldBe(2_000_000_000);
            agent.EstimatedDrainStartTime.Nanoseconds.ShouldBe(1_700_000_000_500_000_000);
            var state = await fixture.GetAsync("state");
            state.ShouldContain("""
                "drain_config":{"max_grace_period":{"nanoseconds":2000000000},"mark_gone":false}
                """);
            state.ShouldContain("""
                "estimated_drain_start_time_seconds":1700000000.5
                """);
        }
    }

    [Fact]
    public async Task The_v0_state_has_the_keys_that_readers_index()
    {
        await using var fixture = await AgentFixture.StartAsync();
        await fixture.RunUpAsync(FakeMaster.Task("t", "sleep 1000"));
        using var state = JsonDocument.Parse(await fixture.GetAsync("state"));
        var root = state.RootElement;
        foreach (var key in (string[])["version", "id", "pid", "hostname", "capabilities", "resources", "attributes", "flags", "frameworks", "completed_frameworks", "reserved_resources", "unreserved_resources", "unreserved_resources_full"])
        {
            root.TryGetProperty(key, out _).ShouldBeTrue(key);
        }

        root.GetProperty("pid").GetString()!.ShouldStartWith("slave(1)@127.0.0.1:");
        root.GetProperty("resources").GetProperty("cpus").GetDouble().ShouldBeGreaterThan(0);
        root.GetProperty("resources").GetProperty("ports").GetString().ShouldBe("[31000-32000]");
        var task = root.GetProperty("frameworks")[0].GetProperty("executors")[0].GetProperty("tasks")[0];
        task.GetProperty("state").GetString().ShouldBe("TASK_RUNNING");
        (await fixture.GetAsync("containers")).ShouldContain("\"container_id\"");
        (await fixture.GetAsync("monitor/statistics.json")).ShouldContain("\"executor_id\":\"t\"");
        (await fixture.GetAsync("state?jsonp=show")).ShouldStartWith("show({");
        using var refused = await fixture.Http.GetAsync(new Uri(fixture.Agent.Address, "state?jsonp=alert(1)//"));
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("""{"type":"NO_SUCH_CALL"}""", "application/json", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("""{"type":"GET_STATE" """, "application/json", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("""{"type":"READ_FILE"}""", "application/json", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("""{"type":"READ_FILE","read_file":{"path":"/x"}}""", "application/json", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("""{"type":"READ_FILE","read_file":{"path":"/x","offset":0}}""", "application/json", "application/json", HttpStatusCode.NotFound)]
    [InlineData("""{"type":"GET_STATE"}""", "text/plain", "application/json", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("""{"type":"GET_STATE"}""", "application/json; charset=utf-8", "application/json", HttpStatusCode.OK)]
    [InlineData("""{"type":"GET_STATE"}""", "application/json", "text/html", HttpStatusCode.NotAcceptable)]
    [InlineData("""{"type":"PRUNE_IMAGES"}""", "application/json", "application/json", HttpStatusCode.NotImplemented)]
    [InlineData("""{"type":"WAIT_CONTAINER","wait_container":{"container_id":{"value":"x"}}}""", "application/json", "application/json", HttpStatusCode.NotFound)]
    [InlineData("""{"type":"KILL_CONTAINER","kill_container":{"container_id":{"value":"../x"}}}""", "application/json", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("""{"type":"ATTACH_CONTAINER_INPUT"}""", "application/json", "application/json", HttpStatusCode.BadRequest)]
    public async Task Bad_input_gets_a_clear_answer(string body, string type, string accept, HttpStatusCode expected)
    {
        await using var fixture = await AgentFixture.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(fixture.Agent.Address, "api/v1"))
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } },
        };
        request.Headers.Accept.ParseAdd(accept);
        using var response = await fixture.Http.SendAsync(request);
        response.StatusCode.ShouldBe(expected);
        (await response.Content.ReadAsStringAsync()).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_standalone_container_is_launched_waited_for_and_removed()
    {
        await using var fixture = await AgentFixture.StartAsync();
        var id = new Protocol.V1.ContainerID { Value = "alone" };
        using (var launch = await fixture.PostAsync("api/v1", new Call
        {
            Type = Call.Types.Type.LaunchContainer,
            LaunchContainer = new Call.Types.LaunchContainer { ContainerId = id, Command = new Protocol.V1.CommandInfo { Value = "exit 9" } },
        }))
        {
            launch.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        var wait = await fixture.CallAsync(new Call
        {
            Type = Call.Types.Type.WaitContainer,
            WaitContainer = new Call.Types.WaitContainer { ContainerId = id },
        });
        wait.WaitContainer.ExitStatus.ShouldBe(9 << 8);
        using var removed = await fixture.PostAsync("api/v1", new Call
        {
            Type = Call.Types.Type.RemoveContainer,
            RemoveContainer = new Call.Types.RemoveContainer { ContainerId = id },
        });
        removed.StatusCode.ShouldBe(HttpStatusCode.OK);
        Directory.Exists(Path.Combine(fixture.Work, "containers/alone")).ShouldBeFalse();
    }

    [RootFact]
    public async Task Images_that_are_to_stay_need_names_that_images_can_have()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        (string Name, HttpStatusCode Expected)[] named =
            [("busybox:1.36", HttpStatusCode.OK), ("", HttpStatusCode.BadRequest), ("no name", HttpStatusCode.BadRequest), ("oci:here", HttpStatusCode.BadRequest)];
        foreach (var (name, expected) in named)
        {
            using var pruned = await fixture.PostAsync("api/v1", new Call
            {
                Type = Call.Types.Type.PruneImages,
                PruneImages = new Call.Types.PruneImages
                {
                    ExcludedImages =
                    {
                        new Protocol.V1.Image
                        {
                            Type = Protocol.V1.Image.Types.Type.Docker, Docker = new Protocol.V1.Image.Types.Docker { Name = name },
                        },
                    },
                },
            });
            pruned.StatusCode.ShouldBe(expected, name);
            (await pruned.Content.ReadAsStringAsync()).ShouldContain(expected == HttpStatusCode.OK ? "" : $"the image {(name == "oci:here" ? name : $"'{name}'")} ");
        }
    }

    [Fact]
    public async Task Listening_beyond_loopback_is_refused_with_the_reason()
    {
        var refused = await Should.ThrowAsync<AgentStartException>(static () => AgentServer.StartAsync(
            AgentFixture.Options(new Uri("http://127.0.0.1:1/"), "/nonexistent") with { Address = IPAddress.Any },
            TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance,
            CancellationToken.None));
        refused.Message.ShouldContain("loopback");
    }
}
