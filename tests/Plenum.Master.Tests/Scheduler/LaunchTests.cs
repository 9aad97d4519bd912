using Plenum.Master.Tests.Cluster;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Task = System.Threading.Tasks.Task;
using TaskStatus = Plenum.Protocol.V1.TaskStatus;

namespace Plenum.Master.Tests.Scheduler;

public sealed class LaunchTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_task_is_launched_updated_acknowledged_and_gone(bool json)
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync();
        await using var framework = await master.FrameworkAsync(json);

        var offer = await framework.OfferAsync();
        offer.AgentId.ShouldBe(agent.Id);
        offer.Hostname.ShouldBe("machine.example");
        await framework.LaunchAsync(offer, "t1");

        var run = (await agent.NextAsync(MasterMessage.MessageOneofCase.RunTask)).RunTask;
        run.Task.TaskId.Value.ShouldBe("t1");
        run.Framework.Id.ShouldBe(framework.Id);

        foreach (var state in (TaskState[])[TaskState.TaskRunning, TaskState.TaskFinished])
        {
            var sent = await agent.UpdateAsync(framework.Id, "t1", state);
            var received = (await framework.NextAsync(Event.Types.Type.Update)).Update.Status;
            received.State.ShouldBe(state);
            received.Uuid.ShouldBe(sent.Uuid);
            await framework.AcknowledgeAsync(received);
            var acknowledged = (await agent.NextAsync(MasterMessage.MessageOneofCase.AcknowledgeStatus)).AcknowledgeStatus;
            acknowledged.Uuid.ShouldBe(sent.Uuid);
            acknowledged.TaskId.Value.ShouldBe("t1");
        }

        var shown = (await master.GetJsonAsync("/state")).GetProperty("frameworks")[0];
        shown.GetProperty("tasks").GetArrayLength().ShouldBe(0);
        shown.GetProperty("completed_tasks")[0].GetProperty("state").GetString().ShouldBe("TASK_FINISHED");
    }

    [Fact]
    public async Task Calls_of_one_connection_are_carried_out_in_order()
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync("cpus:64;mem:65536");
        await using var framework = await master.FrameworkAsync();
        var offer = await framework.OfferAsync();
        var ids = Enumerable.Range(0, 100).Select(index => $"t{index}").ToArray();
        await framework.LaunchAsync(offer, ids);
        foreach (var id in ids)
        {
            await agent.NextAsync(MasterMessage.MessageOneofCase.RunTask);
            await framework.TakenAsync(new Call
            {
                Type = Call.Types.Type.Kill, Kill = new Call.Types.Kill { TaskId = new TaskID { Value = id } },
            });
        }

        foreach (var id in ids)
        {
            (await agent.NextAsync(MasterMessage.MessageOneofCase.KillTask)).KillTask.TaskId.Value.ShouldBe(id);
        }
    }

    [Fact]
    public async Task A_framework_that_comes_back_takes_its_stream_over()
    {
        await using var master = await TestMaster.StartAsync();
        await using var first = await master.FrameworkAsync();
        await using var second = await TestFramework.SubscribeAsync(master.Server.Address, json: false, info =>
        {
            info.Id = first.Id;
            return info;
        });
        second.Id.ShouldBe(first.Id);
        second.StreamId.ShouldNotBe(first.StreamId);

        // The old stream is told and ends; its calls are refused, the new one's are taken.
        (await first.NextAsync(Event.Types.Type.Error)).Error.Message.ShouldNotBeEmpty();
        (await Patience.For("the end of the old stream", first.ReadAsync)).ShouldBeNull();
        var revive = new Call { Type = Call.Types.Type.Revive };
        (await first.CallAsync(revive)).ShouldBe(System.Net.HttpStatusCode.BadRequest);
        (await second.CallAsync(revive)).ShouldBe(System.Net.HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task What_is_wrong_with_a_launch_comes_as_an_update()
    {
        await using var master = await TestMaster.StartAsync();
        await using var framework = await master.FrameworkAsync();
        await framework.LaunchAsync(
            new Offer { Id = new OfferID { Value = "no-such-offer" }, AgentId = new AgentID { Value = "a" } }, "t1");
        var status = (await framework.NextAsync(Event.Types.Type.Update)).Update.Status;
        status.State.ShouldBe(TaskState.TaskDropped);
        status.Reason.ShouldBe(TaskStatus.Types.Reason.InvalidOffers);
        status.HasUuid.ShouldBeFalse();
    }
}
