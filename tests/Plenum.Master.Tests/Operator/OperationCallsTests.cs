using System.Net;
using System.Text;
using System.Text.Json;
using Plenum.Master.Tests.Cluster;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Master.Tests.Operator;

/// <summary>Reservations and volumes by an operator's order, in both APIs (mesos.md 3.8, 3.9).</summary>
public sealed class OperationCallsTests
{
    private const string Reserved =
        """{"name":"disk","type":"SCALAR","scalar":{"value":100},"reservations":[{"type":"DYNAMIC","role":"web","principal":"ops"}]}""";

    private const string Volume =
        """
        {"name":"disk","type":"SCALAR","scalar":{"value":100},"reservations":[{"type":"DYNAMIC","role":"web","principal":"ops"}],
         "disk":{"persistence":{"id":"v"},"volume":{"container_path":"data","mode":"RW"}}}
        """;

    [Fact]
    public async Task A_volume_is_made_and_destroyed_by_calls_that_answer_202()
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync("cpus:4;disk:1000");
        (await CallAsync(master, agent, "RESERVE_RESOURCES", "reserve_resources", $"\"resources\":[{Reserved}]")).ShouldBe(HttpStatusCode.Accepted);
        (await CallAsync(master, agent, "CREATE_VOLUMES", "create_volumes", $"\"volumes\":[{Volume}]")).ShouldBe(HttpStatusCode.Accepted);
        var reserve = (await agent.NextAsync(MasterMessage.MessageOneofCase.ApplyOperation)).ApplyOperation;
        reserve.FrameworkId.ShouldBeNull();
        reserve.Info.Reserve.Resources.Single().Reservations.Single().Principal.ShouldBe("ops");
        (await agent.NextAsync(MasterMessage.MessageOneofCase.ApplyOperation)).ApplyOperation.Info.Create.Volumes.ShouldHaveSingleItem();

        var shown = (await master.GetJsonAsync("/slaves")).GetProperty("slaves")[0];
        shown.GetProperty("reserved_resources").GetProperty("web").GetProperty("disk").GetDouble().ShouldBe(100);
        shown.GetProperty("unreserved_resources").GetProperty("disk").GetDouble().ShouldBe(900);
        var full = shown.GetProperty("reserved_resources_full").GetProperty("web")[0];
        full.GetProperty("role").GetString().ShouldBe("web");
        full.GetProperty("disk").GetProperty("persistence").GetProperty("id").GetString().ShouldBe("v");

        (await CallAsync(master, agent, "UNRESERVE_RESOURCES", "unreserve_resources", $"\"resources\":[{Volume}]")).ShouldBe(HttpStatusCode.BadRequest);
        (await CallAsync(master, agent, "DESTROY_VOLUMES", "destroy_volumes", $"\"volumes\":[{Volume}]")).ShouldBe(HttpStatusCode.Accepted);
        (await CallAsync(master, agent, "UNRESERVE_RESOURCES", "unreserve_resources", $"\"resources\":[{Reserved}]")).ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task The_older_endpoints_take_a_form_and_answer_202()
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync("cpus:4;disk:1000");
        (await FormAsync(master, "/reserve", ("slaveId", agent.Id.Value), ("resources", $"[{Reserved}]"))).ShouldBe(HttpStatusCode.Accepted);
        (await FormAsync(master, "/master/create-volumes", ("slaveId", agent.Id.Value), ("volumes", $"[{Volume}]"))).ShouldBe(HttpStatusCode.Accepted);
        (await FormAsync(master, "/destroy-volumes", ("slaveId", agent.Id.Value), ("volumes", $"[{Volume}]"))).ShouldBe(HttpStatusCode.Accepted);
        (await FormAsync(master, "/unreserve", ("slaveId", agent.Id.Value), ("resources", $"[{Reserved}]"))).ShouldBe(HttpStatusCode.Accepted);
        (await master.GetJsonAsync("/slaves")).GetProperty("slaves")[0].GetProperty("reserved_resources").EnumerateObject().ShouldBeEmpty();
    }

    [Fact]
    public async Task What_cannot_be_done_is_400_and_what_does_not_fit_409()
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync("cpus:4;disk:10");
        (await FormAsync(master, "/reserve", ("slaveId", agent.Id.Value), ("resources", $"[{Reserved}]"))).ShouldBe(HttpStatusCode.Conflict);
        (await FormAsync(master, "/reserve", ("slaveId", "nobody"), ("resources", $"[{Reserved}]"))).ShouldBe(HttpStatusCode.BadRequest);
        (await FormAsync(master, "/reserve", ("resources", $"[{Reserved}]"))).ShouldBe(HttpStatusCode.BadRequest);
        (await FormAsync(master, "/reserve", ("slaveId", agent.Id.Value), ("resources", "{}"))).ShouldBe(HttpStatusCode.BadRequest);
        (await FormAsync(master, "/reserve", ("slaveId", agent.Id.Value), ("resources", "[{"))).ShouldBe(HttpStatusCode.BadRequest);
        (await CallAsync(master, agent, "GROW_VOLUME", "grow_volume", $"\"volume\":{Volume},\"addition\":{Reserved}")).ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task An_operation_is_listed_until_its_outcome_is_acknowledged()
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync("cpus:4;disk:1000");
        await CallAsync(master, agent, "RESERVE_RESOURCES", "reserve_resources", $"\"resources\":[{Reserved}]");
        var operation = (await OperationsAsync(master)).EnumerateArray().ShouldHaveSingleItem();
        operation.GetProperty("latest_status").GetProperty("state").GetString().ShouldBe("OPERATION_PENDING");
        operation.GetProperty("info").GetProperty("type").GetString().ShouldBe("RESERVE");

        var ordered = (await agent.NextAsync(MasterMessage.MessageOneofCase.ApplyOperation)).ApplyOperation;
        await agent.SendAsync(new AgentMessage
        {
            OperationUpdate = new AgentMessage.Types.OperationUpdate
            {
                OperationUuid = ordered.OperationUuid,
                Status = new OperationStatus
                {
                    State = OperationState.OperationFinished,
                    Uuid = new UUID { Value = Google.Protobuf.ByteString.CopyFrom(new byte[16]) },
                },
            },
        });
        (await agent.NextAsync(MasterMessage.MessageOneofCase.AcknowledgeOperation)).AcknowledgeOperation.OperationUuid.ShouldBe(ordered.OperationUuid);
        (await OperationsAsync(master)).GetArrayLength().ShouldBe(0);
    }

    private static async Task<JsonElement> OperationsAsync(TestMaster master)
    {
        using var response = await PostAsync(master, """{"type":"GET_OPERATIONS"}""");
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        var operations = document.RootElement.GetProperty("get_operations");
        return operations.TryGetProperty("operations", out var list) ? list.Clone() : JsonDocument.Parse("[]").RootElement;
    }

    private static async Task<HttpStatusCode> CallAsync(TestMaster master, TestAgent agent, string type, string part, string rest)
    {
        using var response = await PostAsync(
            master, $"{{\"type\":\"{type}\",\"{part}\":{{\"agent_id\":{{\"value\":\"{agent.Id.Value}\"}},{rest}}}}}");
        return response.StatusCode;
    }

    private static async Task<HttpResponseMessage> PostAsync(TestMaster master, string json)
    {
        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        return await master.Http.PostAsync("/api/v1", body);
    }

    private static async Task<HttpStatusCode> FormAsync(TestMaster master, string path, params (string Name, string Value)[] fields)
    {
        using var form = new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        using var response = await master.Http.PostAsync(path, form);
        return response.StatusCode;
    }
}
