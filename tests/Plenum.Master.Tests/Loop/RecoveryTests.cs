using System.Net;
using Plenum.Master.Tests.Cluster;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Task = System.Threading.Tasks.Task;
using WireTask = Plenum.Protocol.V1.Task;

namespace Plenum.Master.Tests.Loop;

public sealed class RecoveryTests
{
    [Fact]
    public async Task A_new_master_on_the_same_store_takes_agents_tasks_and_frameworks_back()
    {
        var store = new TestStore();
        FrameworkID frameworkId;
        AgentID agentId;
        WireTask task;

        // 1. A task runs.
        await using (var before = await TestMaster.StartAsync(store))
        {
            await using var agent = await before.AgentAsync();
            await using var framework = await before.FrameworkAsync();
            (frameworkId, agentId) = (framework.Id, agent.Id);
            var offer = await framework.OfferAsync();
            await framework.LaunchAsync(offer, "t1");
            await agent.NextAsync(MasterMessage.MessageOneofCase.RunTask);
            await agent.UpdateAsync(frameworkId, "t1", TaskState.TaskRunning);
            await framework.AcknowledgeAsync((await framework.NextAsync(Event.Types.Type.Update)).Update.Status);
            await agent.NextAsync(MasterMessage.MessageOneofCase.AcknowledgeStatus);
            task = new WireTask
            {
                Name = "name of t1",
                TaskId = new TaskID { Value = "t1" },
                FrameworkId = frameworkId,
                AgentId = agentId,
                State = TaskState.TaskRunning,
                Resources = { offer.Resources.Where(r => r.Name == "cpus").Select(r => Amount(r, 0.1)) },
            };
        }

        // 2. The next master knows the agent, and that it is not back.
        await using var after = await TestMaster.StartAsync(store);
        (await after.GetJsonAsync("/slaves")).GetProperty("recovered_slaves")[0].GetProperty("id").GetString()
            .ShouldBe(agentId.Value);

        // 3. Both come back under their old names, and the task is where it was.
        await using var framework2 = await TestFramework.SubscribeAsync(after.Server.Address, json: true, info =>
        {
            info.Id = frameworkId;
            return info;
        });
        var registration = TestAgent.Registration("cpus:4;mem:4096;disk:1000;ports:[31000-31099]");
        registration.AgentInfo.Id = agentId;
        registration.Tasks.Add(task);
        var info = TestFramework.Info();
        info.Id = frameworkId;
        registration.Frameworks.Add(info);
        await using var agent2 = await TestAgent.RegisterAsync(after.Server.Address, registration);
        agent2.Id.ShouldBe(agentId);
        agent2.Registered.Reregistered.ShouldBeTrue();
        framework2.Id.ShouldBe(frameworkId);

        var shown = (await after.GetJsonAsync("/state")).GetProperty("frameworks")[0].GetProperty("tasks");
        shown.GetArrayLength().ShouldBe(1);
        shown[0].GetProperty("id").GetString().ShouldBe("t1");
        shown[0].GetProperty("state").GetString().ShouldBe("TASK_RUNNING");
        (await after.GetJsonAsync("/slaves")).GetProperty("recovered_slaves").GetArrayLength().ShouldBe(0);

        // 4. Reconciliation tells the framework of it.
        await framework2.TakenAsync(new Call { Type = Call.Types.Type.Reconcile, Reconcile = new Call.Types.Reconcile() });
        (await framework2.NextAsync(Event.Types.Type.Update)).Update.Status.State.ShouldBe(TaskState.TaskRunning);
    }

    [Fact]
    public async Task What_the_kernel_deletes_is_gone_from_the_store_and_not_an_empty_value()
    {
        var store = new TestStore();
        await using (var master = await TestMaster.StartAsync(store))
        {
            await using var agent = await master.AgentAsync();
            store.Keys.ShouldContain(key => key.EndsWith(agent.Id.Value, StringComparison.Ordinal));
            (await agent.SendAsync(new AgentMessage { Unregister = new AgentMessage.Types.Unregister() }))
                .ShouldBe(HttpStatusCode.Accepted);
            await Until.TrueAsync("the entry is gone", () =>
                System.Threading.Tasks.Task.FromResult(!store.Keys.Any(key => key.EndsWith(agent.Id.Value, StringComparison.Ordinal))));
        }

        await using var after = await TestMaster.StartAsync(store);
        (await after.GetJsonAsync("/slaves")).GetProperty("recovered_slaves").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Identifiers_of_two_lives_never_meet()
    {
        var store = new TestStore();
        string first;
        await using (var before = await TestMaster.StartAsync(store))
        {
            await using var framework = await before.FrameworkAsync();
            first = framework.Id.Value;
        }

        await using var after = await TestMaster.StartAsync(store);
        await using var other = await after.FrameworkAsync();
        other.Id.Value.ShouldNotBe(first);
    }

    [Fact]
    public async Task A_stop_is_not_the_end_of_frameworks_without_failover_time()
    {
        // Their streams end because the master stops; they did not leave.
        var store = new TestStore();
        FrameworkID id;
        TestFramework framework;
        await using (var before = await TestMaster.StartAsync(store))
        {
            framework = await before.FrameworkAsync(with: info =>
            {
                info.FailoverTimeout = 0;
                return info;
            });
            id = framework.Id;
        }

        await framework.DisposeAsync();
        await using var after = await TestMaster.StartAsync(store);
        await using var again = await TestFramework.SubscribeAsync(after.Server.Address, json: false, info =>
        {
            info.Id = id;
            return info;
        });
        again.Id.ShouldBe(id);
        (await again.CallAsync(new Call { Type = Call.Types.Type.Revive })).ShouldBe(HttpStatusCode.Accepted);
    }

    private static Resource Amount(Resource offered, double value)
    {
        var resource = offered.Clone();
        resource.Scalar.Value = value;
        return resource;
    }
}
