using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Plenum.Master.Tests.Cluster;
using Plenum.Protocol.Json;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1.Master;
using Task = System.Threading.Tasks.Task;
using Type = Plenum.Protocol.V1.Master.Call.Types.Type;

namespace Plenum.Master.Tests.Operator;

public sealed class OperatorCallsTests
{
    public static TheoryData<string, string> Served() => new()
    {
        { "GET_HEALTH", "get_health" },
        { "GET_FLAGS", "get_flags" },
        { "GET_VERSION", "get_version" },
        { "GET_METRICS", "get_metrics" },
        { "GET_LOGGING_LEVEL", "get_logging_level" },
        { "GET_STATE", "get_state" },
        { "GET_AGENTS", "get_agents" },
        { "GET_FRAMEWORKS", "get_frameworks" },
        { "GET_EXECUTORS", "get_executors" },
        { "GET_OPERATIONS", "get_operations" },
        { "GET_TASKS", "get_tasks" },
        { "GET_ROLES", "get_roles" },
        { "GET_WEIGHTS", "get_weights" },
        { "GET_MASTER", "get_master" },
        { "GET_MAINTENANCE_STATUS", "get_maintenance_status" },
        { "GET_MAINTENANCE_SCHEDULE", "get_maintenance_schedule" },
        { "GET_QUOTA", "get_quota" },
    };

    [Theory]
    [MemberData(nameof(Served))]
    public async Task A_read_answers_with_its_own_type_and_part_in_both_formats(string type, string part)
    {
        await using var master = await TestMaster.StartAsync();
        using var json = await PostAsync(master, $$"""{"type":"{{type}}"}""", "application/json");
        json.StatusCode.ShouldBe(HttpStatusCode.OK);
        json.Content.Headers.ContentType!.ToString().ShouldBe("application/json");
        var root = JsonDocument.Parse(await json.Content.ReadAsStringAsync()).RootElement;
        root.GetProperty("type").GetString().ShouldBe(type);
        root.TryGetProperty(part, out _).ShouldBeTrue(root.GetRawText());

        using var binary = await PostAsync(master, $$"""{"type":"{{type}}"}""", "application/x-protobuf");
        binary.Content.Headers.ContentType!.ToString().ShouldBe("application/x-protobuf");
        var message = Response.Parser.ParseFrom(await binary.Content.ReadAsByteArrayAsync());
        message.Type.ToString().ShouldBe(type.Replace("_", ""), StringCompareShould.IgnoreCase);
        message.IsInitialized().ShouldBeTrue();
    }

    [Fact]
    public async Task Every_other_call_is_501_and_says_so()
    {
        await using var master = await TestMaster.StartAsync();
        var served = Served().Select(row => (string)row[0]).Concat(["SUBSCRIBE", "TEARDOWN", "MARK_AGENT_GONE"])
            .Concat(["SET_LOGGING_LEVEL", "LIST_FILES", "READ_FILE"])
            .Concat(["UPDATE_WEIGHTS", "UPDATE_QUOTA", "SET_QUOTA", "REMOVE_QUOTA"])
            .Concat(["UPDATE_MAINTENANCE_SCHEDULE", "START_MAINTENANCE", "STOP_MAINTENANCE"])
            .Concat(["DRAIN_AGENT", "DEACTIVATE_AGENT", "REACTIVATE_AGENT"])
            .Concat(["RESERVE_RESOURCES", "UNRESERVE_RESOURCES", "CREATE_VOLUMES", "DESTROY_VOLUMES", "GROW_VOLUME", "SHRINK_VOLUME"]).ToHashSet();
        foreach (var type in Enum.GetValues<Type>())
        {
            var name = JsonDocument.Parse(MesosJson.Write(new Call { Type = type })).RootElement
                .GetProperty("type").GetString()!;
            if (!served.Contains(name))
            {
                using var response = await PostAsync(master, $$"""{"type":"{{name}}"}""", "application/json");
                response.StatusCode.ShouldBe(HttpStatusCode.NotImplemented, name);
                (await response.Content.ReadAsStringAsync()).ShouldContain(name);
            }
        }
    }

    [Fact]
    public async Task Bad_requests_get_the_codes_of_Mesos()
    {
        await using var master = await TestMaster.StartAsync();
        (await StatusAsync("{", "application/json", "application/json")).ShouldBe(HttpStatusCode.BadRequest);
        (await StatusAsync("{}", "application/json", "application/json")).ShouldBe(HttpStatusCode.BadRequest);
        (await StatusAsync("""{"type":"NONSENSE"}""", "application/json", "application/json"))
            .ShouldBe(HttpStatusCode.BadRequest);
        (await StatusAsync("""{"type":"GET_HEALTH"}""", "text/plain", "application/json"))
            .ShouldBe(HttpStatusCode.UnsupportedMediaType);
        (await StatusAsync("""{"type":"GET_HEALTH"}""", "application/json", "text/html"))
            .ShouldBe(HttpStatusCode.NotAcceptable);
        (await StatusAsync("""{"type":"TEARDOWN"}""", "application/json", "application/json"))
            .ShouldBe(HttpStatusCode.BadRequest);
        (await StatusAsync(
            """{"type":"TEARDOWN","teardown":{"framework_id":{"value":"unknown"}}}""", "application/json", "*/*"))
            .ShouldBe(HttpStatusCode.BadRequest);
        using var get = await master.Http.GetAsync("/api/v1");
        get.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);

        async Task<HttpStatusCode> StatusAsync(string body, string contentType, string accept)
        {
            using var response = await PostAsync(master, body, accept, contentType);
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task The_state_holds_agents_frameworks_offers_and_tasks()
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync();
        await using var framework = await master.FrameworkAsync();
        await framework.LaunchAsync(await framework.OfferAsync(), "t1");
        await agent.NextAsync(MasterMessage.MessageOneofCase.RunTask);

        using var response = await PostAsync(master, """{"type":"GET_STATE"}""", "application/x-protobuf");
        var state = Response.Parser.ParseFrom(await response.Content.ReadAsByteArrayAsync()).GetState;
        state.GetAgents.Agents.Single().AgentInfo.Id.ShouldBe(agent.Id);
        state.GetAgents.Agents.Single().Pid.ShouldBe("slave(1)@192.0.2.7:5051");
        state.GetFrameworks.Frameworks.Single().FrameworkInfo.Id.ShouldBe(framework.Id);
        state.GetTasks.Tasks.Single().TaskId.Value.ShouldBe("t1");
        state.GetTasks.Tasks.Single().State.ShouldBe(Protocol.V1.TaskState.TaskStaging);
    }

    [Fact]
    public async Task An_agent_marked_gone_is_shut_down_and_its_tasks_are_given_up()
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync();
        await using var framework = await master.FrameworkAsync();
        await framework.LaunchAsync(await framework.OfferAsync(), "t1");
        await agent.NextAsync(MasterMessage.MessageOneofCase.RunTask);
        (await MarkGoneAsync("unknown")).ShouldBe(HttpStatusCode.NotFound);
        (await MarkGoneAsync(agent.Id.Value)).ShouldBe(HttpStatusCode.OK);
        await agent.NextAsync(MasterMessage.MessageOneofCase.Shutdown);
        (await framework.NextAsync(Protocol.V1.Scheduler.Event.Types.Type.Update)).Update.Status.State
            .ShouldBe(Protocol.V1.TaskState.TaskGoneByOperator);
        (await MarkGoneAsync(agent.Id.Value)).ShouldBe(HttpStatusCode.OK, "saying it twice is no error");

        async Task<HttpStatusCode> MarkGoneAsync(string id)
        {
            using var response = await PostAsync(
                master,
                """{"type":"MARK_AGENT_GONE","mark_agent_gone":{"agent_id":{"value":"ID"}}}""".Replace("ID", id),
                "application/json");
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task Teardown_is_200_without_a_content_type_and_done_when_it_answers()
    {
        await using var master = await TestMaster.StartAsync();
        await using var framework = await master.FrameworkAsync();
        using var response = await PostAsync(
            master,
            """{"type":"TEARDOWN","teardown":{"framework_id":{"value":"ID"}}}""".Replace("ID", framework.Id.Value),
            "application/json");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType.ShouldBeNull();
        (await master.GetJsonAsync("/frameworks")).GetProperty("completed_frameworks").GetArrayLength().ShouldBe(1);
    }

    internal static Task<HttpResponseMessage> PostAsync(
        TestMaster master, string body, string accept, string contentType = "application/json")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1")
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)),
        };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        return master.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
