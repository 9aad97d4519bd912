using System.Net;
using Plenum.Master.Loop;
using Plenum.Master.Tests.Cluster;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Plenum.Storage;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Master.Tests.Loop;

/// <summary>A master that cannot store or may not lead ends, and lets out nothing that is not stored.</summary>
public sealed class FailureTests
{
    [Fact]
    public async Task A_store_that_fails_stops_the_master_and_nothing_unstored_leaves()
    {
        var store = new TestStore();
        await using var master = await TestMaster.StartAsync(store);
        await using var framework = await master.FrameworkAsync();
        store.Failure = new StoreUnavailableException("The disk is full.");
        await using var agent = await TestAgent.OpenAsync(master.Server.Address, TestAgent.Registration("cpus:1;mem:64"));

        var failure = await Should.ThrowAsync<StoreUnavailableException>(
            () => Patience.For("the master's end", master.Server.Completion));
        failure.Message.ShouldBe("The disk is full.");

        // The agent was never told that it is admitted; both streams break.
        await Should.ThrowAsync<Exception>(() => agent.NextAsync(MasterMessage.MessageOneofCase.Registered));
        await Should.ThrowAsync<Exception>(() => framework.OfferAsync());
        (await master.Http.GetAsync("/state")).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await master.Http.GetAsync("/health")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_refused_write_means_that_another_master_leads()
    {
        var store = new TestStore();
        await using var master = await TestMaster.StartAsync(store);
        store.RefuseCommits = true;
        await using var agent = await TestAgent.OpenAsync(master.Server.Address, TestAgent.Registration("cpus:1;mem:64"));
        await Should.ThrowAsync<LeadershipLostException>(
            () => Patience.For("the master's end", master.Server.Completion));
    }

    [Fact]
    public async Task A_master_that_cannot_prove_that_it_leads_answers_nothing_from_memory()
    {
        var store = new TestStore();
        await using var master = await TestMaster.StartAsync(store);
        await using var framework = await master.FrameworkAsync();
        store.Lease.IsTaken = true;

        // Neither needs a write.
        await framework.CallAsync(new Call
        {
            Type = Call.Types.Type.Reconcile,
            Reconcile = new Call.Types.Reconcile
            {
                Tasks = { new Call.Types.Reconcile.Types.Task { TaskId = new TaskID { Value = "of-another-leader" } } },
            },
        });
        (await master.Http.GetAsync("/state")).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);

        await Should.ThrowAsync<LeadershipLostException>(
            () => Patience.For("the master's end", master.Server.Completion));
        await Should.ThrowAsync<Exception>(() => framework.NextAsync(Event.Types.Type.Update));
    }

    [Fact]
    public async Task A_lost_lease_stops_the_master_at_once()
    {
        var store = new TestStore();
        await using var master = await TestMaster.StartAsync(store);
        store.Lease.Lose();
        await Should.ThrowAsync<LeadershipLostException>(
            () => Patience.For("the master's end", master.Server.Completion));
    }

    [Fact]
    public async Task A_disposed_master_completes_without_a_failure()
    {
        var master = await TestMaster.StartAsync();
        await using var framework = await master.FrameworkAsync();
        await master.DisposeAsync();
        await Patience.For("the master's end", master.Server.Completion);
    }
}
