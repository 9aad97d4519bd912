using System.Net;
using System.Text;
using Google.Protobuf;
using Plenum.Master.Tests.Cluster;
using Plenum.Protocol.Json;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Maintenance;
using Plenum.Tests.Fuzz;
using OperatorCall = Plenum.Protocol.V1.Master.Call;
using SchedulerCall = Plenum.Protocol.V1.Scheduler.Call;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Master.Tests.Fuzz;

/// <summary>
/// Damaged requests at every door of a real master. It answers each, never with a server's failure, and afterwards it
/// still leads and its state can be read.
/// </summary>
public sealed class EndpointFuzzTests
{
    private static readonly string[] Reads =
    [
        "/state", "/state-summary", "/slaves", "/frameworks", "/tasks", "/roles", "/flags", "/metrics/snapshot", "/redirect", "/version", "/health",
        "/maintenance/schedule", "/maintenance/status", "/weights", "/quota", "/files/read", "/registrar(1)/registry",
        "/api/v1/plenum/frameworks/nobody/explain", "/api/v1/plenum/frameworks//explain", "/api/v1/plenum/priorities", "/quota/", "/master", "/",
    ];

    private static readonly string[] Parameters =
        ["slave_id", "framework_id", "task_id", "limit", "offset", "order", "jsonp", "timeout", "path", "role", "force"];

    private static readonly string[] Forms = ["/reserve", "/unreserve", "/create-volumes", "/destroy-volumes", "/teardown"];

    private static readonly string[] Bodies = ["/weights", "/quota", "/maintenance/schedule", "/machine/down", "/machine/up"];

    private static readonly string[] Roles = ["prod", "prod/db", "*", ".", "a//b", "\\u0000", ""];

    private static readonly string[] ContentTypes =
        ["application/json", "application/json; charset=utf-8", "APPLICATION/X-PROTOBUF", "text/plain", "application/recordio", ";;", "a"];

    [Fact]
    public async Task Any_scheduler_call_is_answered()
    {
        var errors = new ErrorLog();
        await using var master = await TestMaster.StartAsync(loggers: errors);
        await using var agent = await master.AgentAsync();
        var framework = await master.FrameworkAsync();
        using var http = new HttpFuzz(master.Server.Address, errors, CheckRefusal);
        foreach (var fuzz in Cases(2_500))
        {
            var any = new RandomMessages(fuzz.Seed);
            any.Saw("FrameworkID", framework.Id.Value);
            any.Saw("AgentID", agent.Id.Value);
            any.Saw("OfferID", $"{framework.Id.Value[..^5]}-O{fuzz.Random.Next(40)}");
            var call = new SchedulerCall();
            any.Fill(call);
            call.Type = (SchedulerCall.Types.Type)fuzz.Random.Next(20);
            call.FrameworkId = fuzz.Chance(0.9) ? framework.Id : call.FrameworkId;
            await SendAsync(http, fuzz, "/api/v1/scheduler", call, ("Mesos-Stream-Id", fuzz.Chance(0.95) ? framework.StreamId! : fuzz.Text()));
            if (fuzz.Seed % 50 == 0 && await framework.CallAsync(Suppress()) != HttpStatusCode.Accepted)
            {
                // Torn down by itself, or taken over by a call that subscribed with its id.
                await framework.DisposeAsync();
                framework = await master.FrameworkAsync();
            }
        }

        await framework.DisposeAsync();
        http.Answers.Keys.ShouldBeSubsetOf([200, 202, 400, 403, 406, 415, 501]);
        http.Answers[202].ShouldBeGreaterThan(100, "enough calls passed the door");
        await StillLeadsAsync(master, errors);
    }

    [Fact]
    public async Task Any_operator_call_is_answered()
    {
        var errors = new ErrorLog();
        await using var master = await TestMaster.StartAsync(loggers: errors);
        await using var agent = await master.AgentAsync();
        await using var framework = await master.FrameworkAsync();
        using var http = new HttpFuzz(master.Server.Address, errors, CheckRefusal);
        foreach (var fuzz in Cases(2_500))
        {
            var any = new RandomMessages(fuzz.Seed);
            any.Saw("FrameworkID", framework.Id.Value);
            any.Saw("AgentID", agent.Id.Value);
            var call = new OperatorCall();
            any.Fill(call);
            call.Type = (OperatorCall.Types.Type)fuzz.Random.Next(45);
            await SendAsync(http, fuzz, "/api/v1", call);
        }

        http.Answers[200].ShouldBeGreaterThan(100, "enough calls passed the door");
        await StillLeadsAsync(master, errors);
    }

    [Fact]
    public async Task Any_request_at_the_older_endpoints_is_answered()
    {
        var errors = new ErrorLog();
        await using var master = await TestMaster.StartAsync(loggers: errors);
        await using var agent = await master.AgentAsync();
        await using var framework = await master.FrameworkAsync();
        await framework.LaunchAsync(await framework.OfferAsync(), "t1", "t2");
        using var http = new HttpFuzz(master.Server.Address, errors, CheckRefusal);
        foreach (var fuzz in Cases(2_500))
        {
            var any = new RandomMessages(fuzz.Seed);
            any.Saw("AgentID", agent.Id.Value);
            switch (fuzz.Random.Next(5))
            {
                case 0:
                    var resource = new Resource();
                    any.Fill(resource);
                    var list = $"[{Encoding.UTF8.GetString(MesosJson.Write(resource))}]";
                    var form = $"slaveId={agent.Id.Value}&resources={Uri.EscapeDataString(list)}&volumes={Uri.EscapeDataString(list)}&frameworkId=nobody";
                    var sent = Encoding.ASCII.GetBytes(form);
                    await http.SendAsync(
                        fuzz, HttpMethod.Post, fuzz.Pick(Forms), fuzz.Chance(0.6) ? fuzz.Bytes(sent) : sent, "application/x-www-form-urlencoded");
                    break;
                case 1:
                    IMessage message = fuzz.Pick<Func<IMessage>>([() => new Schedule(), () => new MachineID(), () => new WeightInfo(), () => new Protocol.V1.Quota.QuotaRequest()])();
                    any.Fill(message);
                    var json = MesosJson.Write(message);
                    json = fuzz.Chance(0.5) ? [(byte)'[', .. json, (byte)']'] : json;
                    await http.SendAsync(
                        fuzz,
                        fuzz.Chance(0.3) ? HttpMethod.Put : HttpMethod.Post,
                        fuzz.Pick(Bodies),
                        fuzz.Chance(0.5) ? fuzz.Json(json) : json,
                        "application/json");
                    break;
                case 2:
                    var priorities = Encoding.UTF8.GetBytes(
                        $$"""[{"role":"{{fuzz.Pick(Roles)}}","priority":{{fuzz.Random.Next(-1100, 1100)}}},{"role":"batch","priority":null}]""");
                    priorities = fuzz.Chance(0.7) ? fuzz.Json(priorities) : fuzz.Bytes(priorities);
                    await http.SendAsync(fuzz, HttpMethod.Put, "/api/v1/plenum/priorities", priorities, "application/json");
                    break;
                default:
                    var path = fuzz.Pick(Reads);
                    path += path.EndsWith('/') && fuzz.Chance(0.5) ? Uri.EscapeDataString(fuzz.Text()) : string.Empty;
                    await http.SendAsync(
                        fuzz,
                        fuzz.Pick([HttpMethod.Get, HttpMethod.Get, HttpMethod.Get, HttpMethod.Head, HttpMethod.Delete, HttpMethod.Options]),
                        (fuzz.Chance(0.3) ? "/master" : string.Empty) + path + fuzz.Query(Parameters));
                    break;
            }
        }

        http.Answers[200].ShouldBeGreaterThan(100, "enough requests passed the door");
        await StillLeadsAsync(master, errors);
    }

    [Fact]
    public async Task Any_message_of_an_agent_is_answered()
    {
        var errors = new ErrorLog();
        await using var master = await TestMaster.StartAsync(loggers: errors);
        await using var framework = await master.FrameworkAsync();
        var agent = await master.AgentAsync();
        using var http = new HttpFuzz(master.Server.Address, errors, CheckRefusal);
        foreach (var fuzz in Cases(1_500))
        {
            var any = new RandomMessages(fuzz.Seed);
            any.Saw("FrameworkID", framework.Id.Value);
            any.Saw("AgentID", agent.Id.Value);
            var message = new AgentMessage();
            any.Fill(message);
            if (fuzz.Chance(0.2))
            {
                message.Register = fuzz.Chance(0.5) ? message.Register ?? new AgentMessage.Types.Register() : TestAgent.Registration("cpus:1;mem:100");
                var registration = message.ToByteArray();
                await http.SendAsync(
                    fuzz, HttpMethod.Post, "/api/plenum/v1/agent/link", fuzz.Chance(0.7) ? fuzz.Bytes(registration) : registration, "application/x-protobuf");
                continue;
            }

            var bytes = message.ToByteArray();
            bytes = fuzz.Chance(0.4) ? fuzz.Bytes(bytes) : bytes;
            byte[] framed = [.. RecordFraming.Frame(bytes), .. fuzz.Chance(0.3) ? RecordFraming.Frame(bytes) : []];
            var status = await http.SendAsync(
                fuzz,
                HttpMethod.Post,
                "/api/plenum/v1/agent/messages",
                fuzz.Chance(0.3) ? fuzz.Bytes(framed) : framed,
                "application/x-protobuf",
                ("Plenum-Link-Id", fuzz.Chance(0.95) ? agent.LinkId : fuzz.Text()));
            if (status is HttpStatusCode.Gone or HttpStatusCode.Forbidden or HttpStatusCode.NotFound)
            {
                await agent.DisposeAsync();
                agent = await master.AgentAsync();
            }
        }

        await agent.DisposeAsync();
        http.Answers[202].ShouldBeGreaterThan(50, "enough messages passed the door");
        await StillLeadsAsync(master, errors);
    }

    private static IEnumerable<Damage> Cases(int usual) => Damage.Cases(usual);

    private static async Task SendAsync(
        HttpFuzz http, Damage fuzz, string path, IMessage call, params (string Name, string Value)[] headers)
    {
        var json = fuzz.Chance(0.5);
        var body = json ? MesosJson.Write(call) : call.ToByteArray();
        if (fuzz.Chance(0.5))
        {
            body = json && fuzz.Chance(0.7) ? fuzz.Json(body) : fuzz.Bytes(body);
        }

        var type = fuzz.Chance(0.95) ? json ? "application/json" : "application/x-protobuf" : fuzz.Pick(ContentTypes);
        await http.SendAsync(
            fuzz, HttpMethod.Post, path, body, type, [("Accept", fuzz.Chance(0.9) ? "application/json" : fuzz.Pick(ContentTypes)), .. headers]);
    }

    private static SchedulerCall Suppress() => new() { Type = SchedulerCall.Types.Type.Suppress };

    /// <summary>A refusal is a sentence in plain text.</summary>
    private static void CheckRefusal(HttpStatusCode status, string text, string? contentType)
    {
        if (text.Length > 0)
        {
            contentType.ShouldBe("text/plain; charset=utf-8");
        }
    }

    private static async Task StillLeadsAsync(TestMaster master, ErrorLog errors)
    {
        (await master.GetJsonAsync("/state")).GetProperty("leader").GetString().ShouldNotBeNullOrEmpty();
        await using var framework = await master.FrameworkAsync();
        errors.Entries.ShouldBeEmpty();
    }
}
