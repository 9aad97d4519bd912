using System.Text;
using System.Text.RegularExpressions;
using Plenum.Master.Tests.Cluster;
using Plenum.Master.Tests.Operator;
using Plenum.Protocol.Json;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.V1;
using Call = Plenum.Protocol.V1.Scheduler.Call;
using Event = Plenum.Protocol.V1.Master.Event;
using Task = System.Threading.Tasks.Task;
using WireSecret = Plenum.Protocol.V1.Secret;

namespace Plenum.Master.Tests.Golden;

/// <summary>
/// The operator stream word for word, through the life of one agent, one framework and one task, the same in JSON and in
/// protobuf. What differs from run to run stands as a letter: N a number of nanoseconds, U the bytes of a uuid,
/// S the seconds of the master's own clock.
/// </summary>
public sealed class OperatorEventTests
{
    private const string Secret = "what-nobody-may-read";

    private static readonly Regex Moments = new("(?<name>\"nanoseconds\":)\\d{15,}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture);
    private static readonly Regex Updates = new("(?<name>uuid\":)\"[^\"]*\"", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture);

    private static readonly Regex Times = new("(?<name>\"timestamp\":)[0-9]+\\.[0-9]{2,}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture);

    private static readonly string[] Expected =
    [
        """{"type":"SUBSCRIBED","subscribed":{"get_state":{"get_tasks":{},"get_executors":{},"get_frameworks":{},"get_agents":{}},"heartbeat_interval_seconds":15.0}}""",
        """{"type":"AGENT_ADDED","agent_added":{"agent":{"agent_info":{"hostname":"machine.example","port":5051,"resources":[{"name":"cpus","type":"SCALAR","scalar":{"value":1.0}},{"name":"mem","type":"SCALAR","scalar":{"value":64.0}}],"attributes":[{"name":"rack","type":"TEXT","text":{"value":"r1"}},{"name":"size","type":"SCALAR","scalar":{"value":4.0}}],"id":{"value":"m-S0"}},"active":true,"deactivated":false,"version":"1.11.0","pid":"slave(1)@192.0.2.7:5051","registered_time":{"nanoseconds":N},"total_resources":[{"name":"cpus","type":"SCALAR","scalar":{"value":1.0}},{"name":"mem","type":"SCALAR","scalar":{"value":64.0}}],"capabilities":[{"type":"MULTI_ROLE"},{"type":"RESERVATION_REFINEMENT"},{"type":"AGENT_OPERATION_FEEDBACK"}]}}}""",
        """{"type":"FRAMEWORK_ADDED","framework_added":{"framework":{"framework_info":{"user":"nobody","name":"test","id":{"value":"m-0000"},"failover_timeout":3600.0,"checkpoint":true,"roles":["*"],"capabilities":[{"type":"MULTI_ROLE"},{"type":"PARTITION_AWARE"},{"type":"RESERVATION_REFINEMENT"}]},"active":true,"connected":true,"recovered":false,"registered_time":{"nanoseconds":N}}}}""",
        """{"type":"TASK_ADDED","task_added":{"task":{"name":"name of t1","task_id":{"value":"t1"},"framework_id":{"value":"m-0000"},"agent_id":{"value":"m-S0"},"state":"TASK_STAGING","resources":[{"name":"cpus","type":"SCALAR","scalar":{"value":0.1},"allocation_info":{"role":"*"}},{"name":"mem","type":"SCALAR","scalar":{"value":32.0},"allocation_info":{"role":"*"}}],"container":{"type":"MESOS","mesos":{"image":{"type":"DOCKER","docker":{"name":"image","config":{"type":"VALUE"}},"cached":true}}},"user":"nobody"}}}""",
        """{"type":"TASK_UPDATED","task_updated":{"framework_id":{"value":"m-0000"},"status":{"task_id":{"value":"t1"},"state":"TASK_RUNNING","source":"SOURCE_EXECUTOR","agent_id":{"value":"m-S0"},"timestamp":1700000000.5,"uuid":U},"state":"TASK_RUNNING"}}""",
        """{"type":"FRAMEWORK_UPDATED","framework_updated":{"framework":{"framework_info":{"user":"nobody","name":"renamed","id":{"value":"m-0000"},"failover_timeout":3600.0,"checkpoint":true,"roles":["*"],"capabilities":[{"type":"MULTI_ROLE"},{"type":"PARTITION_AWARE"},{"type":"RESERVATION_REFINEMENT"}]},"active":true,"connected":true,"recovered":false,"registered_time":{"nanoseconds":N},"allocated_resources":[{"name":"cpus","type":"SCALAR","scalar":{"value":0.1}},{"name":"mem","type":"SCALAR","scalar":{"value":32.0}}]}}}""",
        """{"type":"TASK_UPDATED","task_updated":{"framework_id":{"value":"m-0000"},"status":{"task_id":{"value":"t1"},"state":"TASK_KILLED","message":"Framework removed","source":"SOURCE_MASTER","reason":"REASON_FRAMEWORK_REMOVED","agent_id":{"value":"m-S0"},"timestamp":S},"state":"TASK_KILLED"}}""",
        """{"type":"FRAMEWORK_REMOVED","framework_removed":{"framework_info":{"user":"nobody","name":"renamed","id":{"value":"m-0000"},"failover_timeout":3600.0,"checkpoint":true,"roles":["*"],"capabilities":[{"type":"MULTI_ROLE"},{"type":"PARTITION_AWARE"},{"type":"RESERVATION_REFINEMENT"}]}}}""",
        """{"type":"AGENT_REMOVED","agent_removed":{"agent_id":{"value":"m-S0"}}}""",
    ];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_kind_of_event_word_for_word(bool json)
    {
        await using var master = await TestMaster.StartAsync(with: static options => options with { MasterId = "m" });
        using var response = await OperatorCallsTests.PostAsync(
            master, """{"type":"SUBSCRIBE"}""", json ? "application/json" : "application/x-protobuf");
        var records = new RecordReader(System.IO.Pipelines.PipeReader.Create(await response.Content.ReadAsStreamAsync()));
        var heard = new List<string> { await NextAsync() };

        await using var agent = await master.AgentAsync("cpus:1;mem:64");
        heard.Add(await NextAsync());
        await using var framework = await master.FrameworkAsync();
        heard.Add(await NextAsync());
        await LaunchAsync(framework);
        heard.Add(await NextAsync());
        await agent.NextAsync(MasterMessage.MessageOneofCase.RunTask);
        await agent.UpdateAsync(framework.Id, "t1", TaskState.TaskRunning);
        heard.Add(await NextAsync());
        var changed = TestFramework.Info();
        changed.Id = framework.Id;
        changed.Name = "renamed";
        (await framework.CallAsync(new Call { Type = Call.Types.Type.UpdateFramework, UpdateFramework = new Call.Types.UpdateFramework { FrameworkInfo = changed } }))
            .ShouldBe(System.Net.HttpStatusCode.OK);
        heard.Add(await NextAsync());
        await framework.TakenAsync(new Call { Type = Call.Types.Type.Teardown });
        heard.Add(await NextAsync());
        heard.Add(await NextAsync());
        using var gone = await OperatorCallsTests.PostAsync(
            master, """{"type":"MARK_AGENT_GONE","mark_agent_gone":{"agent_id":{"value":"m-S0"}}}""", "application/json");
        heard.Add(await NextAsync());
        string.Join('\n', heard).ShouldBe(string.Join('\n', Expected));

        async Task<string> NextAsync()
        {
            var record = await Patience.For("an operator event", async token => await records.ReadAsync(token));
            var text = json ? Encoding.UTF8.GetString(record!) : Encoding.UTF8.GetString(MesosJson.Write(Event.Parser.ParseFrom(record)));
            return Times.Replace(Updates.Replace(Moments.Replace(text, "${name}N"), "${name}U"), "${name}S");
        }
    }

    [Fact]
    public async Task A_framework_that_comes_back_is_shown_connected_and_one_that_left_is_not()
    {
        await using var master = await TestMaster.StartAsync();
        using var response = await OperatorCallsTests.PostAsync(master, """{"type":"SUBSCRIBE"}""", "application/x-protobuf");
        var records = new RecordReader(System.IO.Pipelines.PipeReader.Create(await response.Content.ReadAsStreamAsync()));
        await NextAsync(Event.Types.Type.Subscribed);
        FrameworkID id;
        await using (var framework = await master.FrameworkAsync())
        {
            id = framework.Id;
            var added = (await NextAsync(Event.Types.Type.FrameworkAdded)).FrameworkAdded.Framework;
            (added.Active, added.Connected).ShouldBe((true, true));
        }

        var left = (await NextAsync(Event.Types.Type.FrameworkUpdated)).FrameworkUpdated.Framework;
        (left.Active, left.Connected).ShouldBe((false, false));
        await using var again = await master.FrameworkAsync(with: info =>
        {
            info.Id = id;
            return info;
        });
        var back = (await NextAsync(Event.Types.Type.FrameworkUpdated)).FrameworkUpdated.Framework;
        (back.Active, back.Connected, back.ReregisteredTime is not null).ShouldBe((true, true, true));

        async Task<Event> NextAsync(Event.Types.Type type)
        {
            var message = await Patience.For("an operator event", async token => await records.ReadMessageAsync(Event.Parser, cancellationToken: token));
            message!.Type.ShouldBe(type);
            return message;
        }
    }

    [Fact]
    public async Task The_value_of_a_secret_is_in_no_answer_and_no_event()
    {
        await using var master = await TestMaster.StartAsync();
        using var response = await OperatorCallsTests.PostAsync(master, """{"type":"SUBSCRIBE"}""", "application/json");
        var records = new RecordReader(System.IO.Pipelines.PipeReader.Create(await response.Content.ReadAsStreamAsync()));
        await using var agent = await master.AgentAsync();
        await using var framework = await master.FrameworkAsync();
        await LaunchAsync(framework);
        string? text;
        do
        {
            var record = await Patience.For("an operator event", async token => await records.ReadAsync(token));
            text = Encoding.UTF8.GetString(record!);
            text.ShouldNotContain(Secret);
            text.ShouldNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(Secret)));
        }
        while (!text.Contains("TASK_ADDED", StringComparison.Ordinal));

        foreach (var path in (string[])["/state", "/tasks", "/frameworks"])
        {
            text = await master.Http.GetStringAsync(path);
            text.ShouldContain("\"VALUE\"", customMessage: path);
            text.ShouldNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(Secret)), customMessage: path);
        }

        foreach (var call in (string[])["GET_STATE", "GET_TASKS"])
        {
            using var answer = await OperatorCallsTests.PostAsync(master, $$"""{"type":"{{call}}"}""", "application/json");
            text = await answer.Content.ReadAsStringAsync();
            text.ShouldContain("\"VALUE\"", customMessage: call);
            text.ShouldNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(Secret)), customMessage: call);
        }
    }

    private static async Task LaunchAsync(TestFramework framework)
    {
        var offer = await framework.OfferAsync();
        var task = TestFramework.TaskOn(offer, "t1");
        task.Container = new ContainerInfo
        {
            Type = ContainerInfo.Types.Type.Mesos,
            Mesos = new ContainerInfo.Types.MesosInfo
            {
                Image = new Image
                {
                    Type = Image.Types.Type.Docker,
                    Docker = new Image.Types.Docker
                    {
                        Name = "image",
                        Config = new WireSecret
                        {
                            Type = WireSecret.Types.Type.Value,
                            Value = new WireSecret.Types.Value { Data = Google.Protobuf.ByteString.CopyFromUtf8(Secret) },
                        },
                    },
                },
            },
        };
        await framework.TakenAsync(new Call
        {
            Type = Call.Types.Type.Accept,
            Accept = new Call.Types.Accept
            {
                OfferIds = { offer.Id },
                Operations =
                {
                    new Offer.Types.Operation
                    {
                        Type = Offer.Types.Operation.Types.Type.Launch,
                        Launch = new Offer.Types.Operation.Types.Launch { TaskInfos = { task } },
                    },
                },
            },
        });
    }
}
