using System.Net;
using System.Text;
using Plenum.Master.Tests.Cluster;
using Plenum.Master.Tests.Operator;
using Plenum.Protocol.Link.V1;
using Event = Plenum.Protocol.V1.Scheduler.Event;

namespace Plenum.Master.Tests.Maintenance;

/// <summary>Codes and bodies of maintenance, draining and the explanation: reference sections 3.1, 3.8 and 4.10.</summary>
public sealed class MaintenanceEndpointsTests
{
    private const string Windows =
        """{"windows":[{"machine_ids":[{"hostname":"machine.example","ip":"192.0.2.7"}],"unavailability":{"start":{"nanoseconds":2000000000000000000},"duration":{"nanoseconds":3600000000000}}}]}""";

    private const string Machines = """[{"hostname":"machine.example","ip":"192.0.2.7"}]""";

    [Fact]
    public async Task A_machine_goes_through_its_maintenance_by_the_older_endpoints()
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync();
        await using var framework = await master.FrameworkAsync();
        await framework.LaunchAsync(await framework.OfferAsync(), "t1");
        await agent.NextAsync(MasterMessage.MessageOneofCase.RunTask);
        (await SendAsync(master, HttpMethod.Get, "/maintenance/schedule")).ShouldBe((HttpStatusCode.OK, "{}"));
        (await SendAsync(master, HttpMethod.Post, "/machine/down", Machines)).Status.ShouldBe(HttpStatusCode.BadRequest, "not scheduled");

        (await SendAsync(master, HttpMethod.Post, "/maintenance/schedule", Windows)).ShouldBe((HttpStatusCode.OK, string.Empty));
        (await SendAsync(master, HttpMethod.Get, "/maintenance/schedule")).ShouldBe((HttpStatusCode.OK, Windows));
        var asked = (await framework.NextAsync(Event.Types.Type.InverseOffers)).InverseOffers.InverseOffers_[0];
        asked.AgentId.ShouldBe(agent.Id);
        await framework.TakenAsync(new Protocol.V1.Scheduler.Call
        {
            Type = Protocol.V1.Scheduler.Call.Types.Type.AcceptInverseOffers,
            AcceptInverseOffers = new Protocol.V1.Scheduler.Call.Types.AcceptInverseOffers { InverseOfferIds = { asked.Id } },
        });
        (await SendAsync(master, HttpMethod.Get, "/maintenance/status")).Body.ShouldContain(
            """{"draining_machines":[{"id":{"hostname":"machine.example","ip":"192.0.2.7"},"statuses":[{"status":"ACCEPT","framework_id":{"value":"ID"},"timestamp":"""
                .Replace("ID", framework.Id.Value));

        (await SendAsync(master, HttpMethod.Post, "/machine/down", Machines)).ShouldBe((HttpStatusCode.OK, string.Empty));
        await agent.NextAsync(MasterMessage.MessageOneofCase.Shutdown);
        (await SendAsync(master, HttpMethod.Get, "/maintenance/status")).Body.ShouldBe(
            """{"down_machines":[{"hostname":"machine.example","ip":"192.0.2.7"}]}""");
        (await SendAsync(master, HttpMethod.Post, "/machine/up", Machines)).ShouldBe((HttpStatusCode.OK, string.Empty));
        (await SendAsync(master, HttpMethod.Get, "/maintenance/schedule")).Body.ShouldBe("{}");
    }

    [Fact]
    public async Task An_agent_is_drained_and_reactivated_and_every_reader_sees_it()
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync();
        const string Drain = """{"type":"DRAIN_AGENT","drain_agent":{"agent_id":{"value":"ID"},"max_grace_period":{"seconds":5},"mark_gone":false}}""";
        (await V1Async(master, Drain)).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await V1Async(master, Drain.Replace("ID", agent.Id.Value))).ShouldBe((HttpStatusCode.OK, string.Empty));
        var shown = (await master.GetJsonAsync("/slaves")).GetProperty("slaves")[0];
        shown.GetProperty("deactivated").GetBoolean().ShouldBeTrue();
        shown.GetProperty("active").GetBoolean().ShouldBeFalse();
        shown.GetProperty("drain_info").GetRawText().ShouldBe(
            """{"state":"DRAINED","config":{"max_grace_period":{"nanoseconds":5000000000},"mark_gone":false}}""");
        shown.GetProperty("estimated_drain_start_time_seconds").GetDouble().ShouldBeGreaterThan(0);
        (await V1Async(master, """{"type":"GET_AGENTS"}""")).Body.ShouldContain("\"deactivated\":true");

        const string Reactivate = """{"type":"REACTIVATE_AGENT","reactivate_agent":{"agent_id":{"value":"ID"}}}""";
        (await V1Async(master, Reactivate.Replace("ID", agent.Id.Value))).ShouldBe((HttpStatusCode.OK, string.Empty));
        (await V1Async(master, Reactivate.Replace("ID", agent.Id.Value))).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await V1Async(master, Reactivate.Replace("REACTIVATE", "DEACTIVATE").Replace("reactivate", "deactivate").Replace("ID", agent.Id.Value)))
            .ShouldBe((HttpStatusCode.OK, string.Empty));
    }

    [Fact]
    public async Task Why_a_framework_gets_no_offers_is_told_by_reason_and_number()
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync("cpus:4;mem:1024;gpus:2");
        await using var framework = await master.FrameworkAsync();
        var explained = await master.GetJsonAsync($"/api/v1/plenum/frameworks/{framework.Id.Value}/explain");
        explained.GetProperty("id").GetString().ShouldBe(framework.Id.Value);
        explained.GetProperty("connected").GetBoolean().ShouldBeTrue();
        var role = explained.GetProperty("roles")[0];
        role.GetProperty("role").GetString().ShouldBe("*");
        role.GetProperty("agents").GetRawText().ShouldBe(
            """[{"reason":"needs_gpu_resources","count":1,"meaning":"The agent has GPUs; the framework must declare GPU_RESOURCES"}]""");
        using var unknown = await master.Http.GetAsync("/api/v1/plenum/frameworks/nobody/explain");
        unknown.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    private static async Task<(HttpStatusCode Status, string Body)> V1Async(TestMaster master, string call)
    {
        using var response = await OperatorCallsTests.PostAsync(master, call, "application/json");
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static async Task<(HttpStatusCode Status, string Body)> SendAsync(
        TestMaster master, HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await master.Http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
