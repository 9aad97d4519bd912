using Plenum.Kernel.Commands;
using Plenum.Protocol.V1;
using OperationType = Plenum.Protocol.V1.Offer.Types.Operation.Types.Type;

namespace Plenum.Kernel.Tests.Operations;

/// <summary>Operation feedback (mesos.md 4.5, 4.7, 4.11).</summary>
public sealed class OperationFeedbackTests
{
    private readonly TestCluster _cluster = new();
    private readonly TestAgent _agent;
    private readonly TestFramework _framework;

    public OperationFeedbackTests()
    {
        _agent = _cluster.AddAgent("cpus:4;mem:1024;disk:1000");
        _framework = _cluster.Subscribe(TestFramework.InRoles("fw", "web"));
    }

    [Fact]
    public void An_outcome_is_passed_on_with_its_uuid_until_it_is_acknowledged()
    {
        var ordered = Reserve("op");
        _cluster.Snapshot.Operations.Single().LatestStatus.State.ShouldBe(OperationState.OperationPending);
        var status = _agent.Outcome(ordered);
        _agent.Repeat(ordered, status);

        _framework.OperationUpdates.Count.ShouldBe(2);
        _framework.OperationUpdates[0].State.ShouldBe(OperationState.OperationFinished);
        _framework.OperationUpdates[0].ConvertedResources.Single().Role.ShouldBe("web", "in the framework's own format");
        _agent.AcknowledgedOperations.ShouldBeEmpty();

        _framework.AcknowledgeOperation(_agent.Id, _framework.OperationUpdates[0]);
        _agent.AcknowledgedOperations.ShouldBe([ordered.OperationUuid]);
        _cluster.Snapshot.Operations.ShouldBeEmpty();
    }

    [Fact]
    public void An_acknowledgement_with_another_uuid_is_ignored()
    {
        var ordered = Reserve("op");
        var status = _agent.Outcome(ordered).Clone();
        status.Uuid.Value = Google.Protobuf.ByteString.CopyFrom(new byte[16]);
        _framework.AcknowledgeOperation(_agent.Id, status);
        _agent.AcknowledgedOperations.ShouldBeEmpty();
        _cluster.Snapshot.Operations.ShouldHaveSingleItem();
    }

    [Fact]
    public void The_master_acknowledges_what_nobody_asked_feedback_for()
    {
        var ordered = Reserve(null);
        _agent.Outcome(ordered);
        _framework.OperationUpdates.ShouldBeEmpty();
        _agent.AcknowledgedOperations.ShouldBe([ordered.OperationUuid]);
        _cluster.Snapshot.Operations.ShouldBeEmpty();
    }

    [Fact]
    public void An_id_is_used_again_only_after_its_outcome_was_acknowledged()
    {
        Reserve("op");
        _framework.Accept(0, [_framework.TakeOffer()], Op.Reserve(Op.Reserved("cpus:1", "web")).Named("op"));
        _framework.OperationUpdates.Single().Message.ShouldContain("already");
        _agent.Ordered.Count.ShouldBe(1);
    }

    [Fact]
    public void What_the_agent_could_not_do_is_taken_back_and_what_is_still_under_way_is_kept()
    {
        var failing = Reserve("fails");
        _framework.Accept(0, [_framework.TakeOffer()], Op.Reserve(Op.Reserved("mem:64", "web")));
        _agent.Outcome(failing, OperationState.OperationDropped);
        _agent.Say(new Protocol.Link.V1.AgentMessage
        {
            UpdateAgent = new Protocol.Link.V1.AgentMessage.Types.UpdateAgent { TotalResources = { _agent.Info.Resources } },
        });

        _framework.OperationUpdates.Single().State.ShouldBe(OperationState.OperationDropped);
        var total = _cluster.Snapshot.Agents.Single().Total;
        total.ReservedTo("web").ShouldBe(Plenum.Protocol.Resources.ResourceSet.FromWire(Op.Reserved("mem:64", "web")));
    }

    [Fact]
    public void An_operation_that_did_not_reach_a_returning_agent_is_dropped()
    {
        Reserve("op");
        _agent.BreakLink();
        _agent.Return();
        _framework.OperationUpdates.Single().State.ShouldBe(OperationState.OperationDropped);
        _framework.OperationUpdates.Single().Uuid.ShouldBeNull();
        _cluster.Snapshot.Agents.Single().Total.Reserved.IsEmpty.ShouldBeTrue("the agent's word is the truth");
    }

    [Fact]
    public void After_a_master_restart_an_agent_brings_its_operations_and_the_framework_acknowledges_them()
    {
        var ordered = Reserve("op");
        var finished = new OperationStatus
        {
            OperationId = ordered.Info.Id,
            State = OperationState.OperationFinished,
            AgentId = _agent.Info.Id,
            Uuid = new UUID { Value = Google.Protobuf.ByteString.CopyFrom(new byte[16]) },
        };
        _agent.Checkpointed.AddRange(ordered.Info.Reserve.Resources);
        _agent.Operations.Add(new Operation
        {
            FrameworkId = ordered.FrameworkId,
            Info = ordered.Info,
            LatestStatus = finished,
            Uuid = new UUID { Value = ordered.OperationUuid },
        });
        _cluster.RestartMaster();
        _framework.Resubscribe();
        _framework.Forget();
        _framework.ReconcileOperations(("op", _agent.Id));
        _framework.OperationUpdates.Single().State.ShouldBe(OperationState.OperationRecovering);

        _agent.Return();
        _framework.ReconcileOperations();
        _framework.OperationUpdates[^1].State.ShouldBe(OperationState.OperationFinished);
        _framework.OperationUpdates[^1].Uuid.ShouldBeNull("answers are not acknowledged");
        _agent.Repeat(ordered, finished);
        _framework.AcknowledgeOperation(_agent.Id, _framework.OperationUpdates[^1]);
        _agent.AcknowledgedOperations.ShouldBe([ordered.OperationUuid]);
    }

    [Fact]
    public void Operations_follow_an_agent_that_is_lost_or_gone()
    {
        Reserve("op");
        _agent.BreakLink();
        _cluster.Advance(TimeSpan.FromMinutes(10));
        _framework.OperationUpdates[^1].State.ShouldBe(OperationState.OperationUnreachable);
        _framework.ReconcileOperations(("op", _agent.Id), ("op", null), ("other", new Protocol.Identity.AgentId("nobody")));
        _framework.OperationUpdates.TakeLast(3).Select(status => status.State).ShouldBe(
            [OperationState.OperationUnreachable, OperationState.OperationUnknown, OperationState.OperationUnknown]);

        _agent.Return();
        Reserve("op");
        _cluster.Apply(new KernelCommand.MarkAgentGone(_agent.Id));
        _framework.OperationUpdates[^1].State.ShouldBe(OperationState.OperationGoneByOperator);
    }

    [Fact]
    public void The_outcome_for_a_removed_framework_is_acknowledged_by_the_master()
    {
        var told = Reserve("told");
        _agent.Outcome(told);
        var late = Reserve("late");
        _framework.Teardown();
        _agent.AcknowledgedOperations.ShouldBe([told.OperationUuid]);
        _agent.Outcome(late);
        _agent.AcknowledgedOperations.ShouldBe([told.OperationUuid, late.OperationUuid]);
        _cluster.Snapshot.Operations.ShouldBeEmpty();
        _cluster.Snapshot.Agents.Single().Total.ReservedTo("web").IsEmpty.ShouldBeFalse("a reservation stays when its framework goes");
    }

    private Protocol.Link.V1.MasterMessage.Types.ApplyOperation Reserve(string? name)
    {
        var operation = Op.Reserve(Op.Reserved("cpus:0.5", "web"));
        _framework.Accept(0, [_framework.TakeOffer()], name is null ? operation : operation.Named(name));
        var ordered = _agent.Ordered[^1];
        ordered.Info.Type.ShouldBe(OperationType.Reserve);
        return ordered;
    }
}
