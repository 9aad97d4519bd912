using System.Globalization;
using Google.Protobuf;
using Plenum.Master.Tests.Cluster;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Plenum.Tests.Golden;
using Task = System.Threading.Tasks.Task;
using TaskStatus = Plenum.Protocol.V1.TaskStatus;

namespace Plenum.Master.Tests.Golden;

/// <summary>
/// A framework's life in the bytes of both formats, against a real master: what it sends is understood, what it
/// receives is the contract's to the byte (reference, sections 3.2 to 3.5 and 3.10; <c>Golden/scheduler-*.txt</c>).
/// </summary>
public sealed class SchedulerConversationTests
{
    private const string MasterId = "5f7f1c1a-0000-4000-8000-000000000001";

    private static readonly byte[] Uuid = [.. Enumerable.Range(0, 16).Select(value => (byte)value)];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_framework_lives_its_whole_life_in_the_bytes_of_the_contract(bool json)
    {
        // 1. It subscribes.
        await using var master = await StartAsync();
        var golden = Load("scheduler", json, master);
        await using var framework = await GoldenFramework.SubscribeAsync(master.Server.Address, golden, json);
        await framework.ReceiveAsync("SUBSCRIBED");
        await framework.ReceiveAsync("HEARTBEAT");

        // 2. An agent comes; its task has an executor of the framework's own.
        await using var agent = await master.AgentAsync("cpus:4;mem:4096;ports:[31000-31099]");
        await framework.ReceiveAsync("OFFERS");
        await framework.CallAsync("ACCEPT");
        var run = (await agent.NextAsync(MasterMessage.MessageOneofCase.RunTask)).RunTask;
        run.Framework.Id.Value.ShouldBe($"{MasterId}-0000");
        run.Task.TaskId.Value.ShouldBe("t1");
        run.Task.Data.ToStringUtf8().ShouldBe("hello");
        run.Task.Executor.Command.Value.ShouldBe("./run");
        run.Task.Executor.FrameworkId.ShouldBe(run.Framework.Id);
        run.Task.Resources.ShouldAllBe(resource => resource.AllocationInfo.Role == "*" && !resource.HasRole);
        run.Task.Resources.Single(resource => resource.Name == "ports").Ranges.Range[0].Begin.ShouldBe(31001ul);

        // 3. Its update comes as the agent said it, and the acknowledgement reaches the agent.
        (await agent.SendAsync(Running(run.Framework.Id, agent.Id))).ShouldBe(System.Net.HttpStatusCode.Accepted);
        await framework.ReceiveAsync("UPDATE");
        await framework.CallAsync("ACKNOWLEDGE");
        var acknowledged = (await agent.NextAsync(MasterMessage.MessageOneofCase.AcknowledgeStatus)).AcknowledgeStatus;
        acknowledged.Uuid.ToByteArray().ShouldBe(Uuid);
        acknowledged.TaskId.Value.ShouldBe("t1");

        // 4. Messages both ways.
        await framework.CallAsync("MESSAGE to the executor");
        var message = (await agent.NextAsync(MasterMessage.MessageOneofCase.FrameworkMessage)).FrameworkMessage;
        message.ExecutorId.Value.ShouldBe("ex1");
        message.Data.ToStringUtf8().ShouldBe("hello");
        await agent.SendAsync(new AgentMessage
        {
            ExecutorMessage = new AgentMessage.Types.ExecutorMessage
            {
                FrameworkId = run.Framework.Id, ExecutorId = message.ExecutorId, Data = ByteString.CopyFromUtf8("world"),
            },
        });
        await framework.ReceiveAsync("MESSAGE from the executor");

        // 5. Reconciliation.
        await framework.CallAsync("RECONCILE of one task");
        await framework.ReceiveAsync("UPDATE as an answer");
        await framework.CallAsync("RECONCILE of all");
        await framework.ReceiveAsync("UPDATE as an answer");
        await framework.CallAsync("RECONCILE of a stranger");
        await framework.ReceiveAsync("UPDATE of a stranger");

        // 6. What was left of the offer stays refused for an hour until a REVIVE.
        await framework.CallAsync("REQUEST");
        await framework.CallAsync("SUPPRESS");
        await framework.CallAsync("REVIVE");
        await framework.ReceiveAsync("OFFERS of the rest");
        await framework.CallAsync("DECLINE");

        // 7. The end of the task and of its executor.
        await framework.CallAsync("KILL");
        var kill = (await agent.NextAsync(MasterMessage.MessageOneofCase.KillTask)).KillTask;
        kill.TaskId.Value.ShouldBe("t1");
        kill.KillPolicy.GracePeriod.Nanoseconds.ShouldBe(2_000_000_000);
        await framework.CallAsync("SHUTDOWN");
        (await agent.NextAsync(MasterMessage.MessageOneofCase.ShutdownExecutor)).ShutdownExecutor.ExecutorId.Value.ShouldBe("ex1");
        await agent.SendAsync(new AgentMessage
        {
            ExecutorExited = new AgentMessage.Types.ExecutorExited
            {
                FrameworkId = run.Framework.Id, ExecutorId = message.ExecutorId, Status = 256,
            },
        });
        await framework.ReceiveAsync("FAILURE of the executor");

        // 8. It changes, takes its leave, and may not come back under its name.
        await framework.CallAsync("UPDATE_FRAMEWORK", status: 200);
        (await master.GetJsonAsync("/frameworks")).GetProperty("frameworks")[0].GetProperty("name").GetString().ShouldBe("renamed");
        await framework.CallAsync("TEARDOWN");
        await framework.EndAsync();
        await using var ghost = await GoldenFramework.SubscribeAsync(master.Server.Address, golden, json, "SUBSCRIBE again");
        await ghost.ReceiveAsync("ERROR");
        await ghost.EndAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_operation_is_understood_and_its_feedback_is_the_contracts(bool json)
    {
        await using var master = await StartAsync();
        var golden = Load("operations", json, master);
        golden.Known["stack"] = json
            ? """[{"type": "DYNAMIC", "role": "web", "principal": "ops", "labels": {"labels": [{"key": "k", "value": "v"}]}}]"""
            : """6a {0a {"ops"} 12 {0a {0a {"k"} 12 {"v"}}} 1a {"web"} 20 02}""";
        await using var framework = await GoldenFramework.SubscribeAsync(master.Server.Address, golden, json);
        await framework.PassAsync(2);
        await using var agent = await AgentAsync(master, "cpus:4;mem:4096;disk:1000");
        await framework.PassAsync(1);

        // 1. All of them in one call; each reaches the agent in its turn, and what is wrong is told by its name.
        await framework.CallAsync("ACCEPT");
        var orders = new List<MasterMessage.Types.ApplyOperation>();
        while (orders.Count < 6)
        {
            orders.Add((await agent.NextAsync(MasterMessage.MessageOneofCase.ApplyOperation)).ApplyOperation);
        }

        orders.Select(order => order.Info.Id?.Value).ShouldBe(["op1", "op2", null, null, "op5", "op6"]);
        orders.Select(order => order.Info.Type.ToString()).ShouldBe(["Reserve", "Create", "Destroy", "Unreserve", "GrowVolume", "ShrinkVolume"]);
        orders[4].Info.GrowVolume.Addition.Scalar.Value.ShouldBe(50);
        orders[5].Info.ShrinkVolume.Subtract.Value.ShouldBe(40);
        var group = (await agent.NextAsync(MasterMessage.MessageOneofCase.RunTaskGroup)).RunTaskGroup;
        group.TaskGroup.Tasks.Select(task => task.TaskId.Value).ShouldBe(["one", "two"]);
        group.Executor.Type.ShouldBe(ExecutorInfo.Types.Type.Default);
        await framework.ReceiveAsync("UPDATE_OPERATION_STATUS of an error");

        // 2. The outcome, its acknowledgement, and questions.
        await agent.SendAsync(Finished(orders[0].OperationUuid, agent.Id, "op1", principal: "ops"));
        await framework.ReceiveAsync("UPDATE_OPERATION_STATUS");
        await framework.CallAsync("ACKNOWLEDGE_OPERATION_STATUS");
        var acknowledged = (await agent.NextAsync(MasterMessage.MessageOneofCase.AcknowledgeOperation)).AcknowledgeOperation;
        acknowledged.OperationUuid.ShouldBe(orders[0].OperationUuid);
        acknowledged.StatusUuid.ToByteArray().ShouldBe(Uuid);
        await framework.CallAsync("RECONCILE_OPERATIONS");
        await framework.ReceiveAsync("UPDATE_OPERATION_STATUS of a known one");
        await framework.ReceiveAsync("UPDATE_OPERATION_STATUS of a stranger");
    }

    [Fact]
    public async Task A_framework_without_capabilities_is_spoken_to_in_the_words_of_its_time()
    {
        await using var master = await StartAsync();
        var golden = Load("older", json: true, master);
        await using var framework = await GoldenFramework.SubscribeAsync(master.Server.Address, golden, json: true);
        await framework.PassAsync(2);
        await using var agent = await AgentAsync(master, "cpus:2;disk:400;cpus(web):1");
        await framework.ReceiveAsync("OFFERS");
        await framework.CallAsync("ACCEPT");
        var order = (await agent.NextAsync(MasterMessage.MessageOneofCase.ApplyOperation)).ApplyOperation;
        var reserved = order.Info.Reserve.Resources.ShouldHaveSingleItem();
        reserved.HasRole.ShouldBeFalse();
        reserved.Reservations.ShouldHaveSingleItem().Role.ShouldBe("web");
        var task = (await agent.NextAsync(MasterMessage.MessageOneofCase.RunTask)).RunTask.Task;
        task.Resources.ShouldHaveSingleItem().Reservations.ShouldHaveSingleItem().Type
            .ShouldBe(Resource.Types.ReservationInfo.Types.Type.Static);
        await agent.SendAsync(Finished(order.OperationUuid, agent.Id, "op1", principal: "ops"));
        await framework.ReceiveAsync("UPDATE_OPERATION_STATUS");
        await framework.CallAsync("ACCEPT of what is gone");
        await framework.ReceiveAsync("UPDATE of a lost launch");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_machine_that_is_to_be_maintained_asks_its_frameworks_to_leave(bool json)
    {
        const string Schedule =
            """{"windows":[{"machine_ids":[{"hostname":"MACHINE.example","ip":"192.0.2.7"}],"unavailability":{"start":{"nanoseconds":2000000000000000000},"duration":{"nanoseconds":3600000000000}}}]}""";
        await using var master = await StartAsync();
        await using var framework = await GoldenFramework.SubscribeAsync(
            master.Server.Address, Load("scheduler", json, master), json, more: Load("maintenance", json, master));
        await framework.PassAsync(2);
        await using var agent = await AgentAsync(master, "cpus:4");
        await framework.PassAsync(1);

        (await PostAsync(master, Schedule)).ShouldBe(System.Net.HttpStatusCode.OK);
        await framework.ReceiveAsync("RESCIND");
        await framework.ReceiveAsync("OFFERS of a machine that will go");
        await framework.ReceiveAsync("INVERSE_OFFERS");
        await framework.CallAsync("DECLINE_INVERSE_OFFERS");
        await framework.ReceiveAsync("INVERSE_OFFERS again");
        await framework.CallAsync("ACCEPT_INVERSE_OFFERS");
        await framework.ReceiveAsync("INVERSE_OFFERS a third time");
        (await PostAsync(master, "{}")).ShouldBe(System.Net.HttpStatusCode.OK);
        await framework.ReceiveAsync("RESCIND again");
        await framework.ReceiveAsync("RESCIND_INVERSE_OFFER");

        await framework.PassAsync(1);
        await agent.SendAsync(new AgentMessage { Unregister = new AgentMessage.Types.Unregister() });
        await framework.PassAsync(1);
        await framework.ReceiveAsync("FAILURE of the agent");
    }

    private static async Task<System.Net.HttpStatusCode> PostAsync(TestMaster master, string schedule)
    {
        using var body = new StringContent(schedule);
        using var response = await master.Http.PostAsync("/maintenance/schedule", body);
        return response.StatusCode;
    }

    private static Task<TestAgent> AgentAsync(TestMaster master, string resources)
    {
        var registration = TestAgent.Registration(resources);
        registration.Capabilities.Add(new AgentInfo.Types.Capability { Type = AgentInfo.Types.Capability.Types.Type.ResizeVolume });
        return TestAgent.RegisterAsync(master.Server.Address, registration);
    }

    private static AgentMessage Finished(ByteString operation, AgentID agent, string id, string principal) => new()
    {
        OperationUpdate = new AgentMessage.Types.OperationUpdate
        {
            OperationUuid = operation,
            Status = new OperationStatus
            {
                OperationId = new OperationID { Value = id },
                State = OperationState.OperationFinished,
                Uuid = new UUID { Value = ByteString.CopyFrom(Uuid) },
                AgentId = agent,
                ConvertedResources =
                {
                    new Resource
                    {
                        Name = "disk",
                        Type = Value.Types.Type.Scalar,
                        Scalar = new Value.Types.Scalar { Value = 400 },
                        Reservations =
                        {
                            new Resource.Types.ReservationInfo
                            {
                                Type = Resource.Types.ReservationInfo.Types.Type.Dynamic, Role = "web", Principal = principal,
                            },
                        },
                    },
                },
            },
        },
    };

    private static Task<TestMaster> StartAsync() =>
        TestMaster.StartAsync(with: options => options with { MasterId = MasterId, Hostname = "master.example" });

    private static GoldenFile Load(string name, bool json, TestMaster master)
    {
        var golden = GoldenFile.Load($"{name}-{(json ? "json" : "protobuf")}.txt");
        golden.Known["m"] = MasterId;
        golden.Known["port"] = master.Server.Address.Port.ToString(CultureInfo.InvariantCulture);
        return golden;
    }

    private static AgentMessage Running(FrameworkID framework, AgentID agent) => new()
    {
        StatusUpdate = new AgentMessage.Types.StatusUpdate
        {
            FrameworkId = framework,
            LatestState = TaskState.TaskRunning,
            Status = new TaskStatus
            {
                TaskId = new TaskID { Value = "t1" },
                State = TaskState.TaskRunning,
                Message = "up ü",
                Source = TaskStatus.Types.Source.Executor,
                Data = ByteString.CopyFromUtf8("hello"),
                AgentId = agent,
                ExecutorId = new ExecutorID { Value = "ex1" },
                Timestamp = 1_700_000_000.5,
                Uuid = ByteString.CopyFrom(Uuid),
                Healthy = true,
                Labels = new Labels { Labels_ = { new Label { Key = "k", Value = "v" } } },
            },
        },
    };
}
