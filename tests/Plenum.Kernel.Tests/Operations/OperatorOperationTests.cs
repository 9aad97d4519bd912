using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;
using Plenum.Kernel.Operators;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Master;
using Operation = Plenum.Protocol.V1.Offer.Types.Operation;
using OperationType = Plenum.Protocol.V1.Offer.Types.Operation.Types.Type;

namespace Plenum.Kernel.Tests.Operations;

/// <summary>Operations by an operator's order (mesos.md 3.8).</summary>
public sealed class OperatorOperationTests
{
    private readonly TestCluster _cluster = new();
    private long _requests;

    [Fact]
    public void Free_resources_are_reserved_for_any_role_without_touching_an_offer()
    {
        var agent = _cluster.AddAgent("cpus:4;mem:1024");
        Ask(agent.Id, Op.Reserve(Op.Reserved("cpus:1", "batch"))).ShouldBeNull();
        agent.Ordered.Single().FrameworkId.ShouldBeNull();
        Total().ReservedTo("batch").Scalar("cpus").ShouldBe(1);
    }

    [Fact]
    public void Offers_that_hold_what_is_needed_are_rescinded_and_others_stay()
    {
        var agent = _cluster.AddAgent("cpus:4;mem:1024;disk:1000");
        Ask(agent.Id, Op.Reserve(Op.Reserved("mem:512", "web")));
        var any = _cluster.AddFramework("any");
        var free = any.TakeOffer();
        var web = _cluster.Subscribe(TestFramework.InRoles("web", "web"));
        var reserved = web.TakeOffer();

        Ask(agent.Id, Op.Reserve(Op.Reserved("cpus:4", "batch"))).ShouldBeNull();

        any.Rescinded.ShouldBe([free.Id.Value]);
        web.Rescinded.ShouldNotContain(reserved.Id.Value);
        Total().ReservedTo("batch").Scalar("cpus").ShouldBe(4);
    }

    [Fact]
    public void What_tasks_use_is_a_conflict_and_costs_no_offer()
    {
        var agent = _cluster.AddAgent("cpus:4;mem:1024");
        var framework = _cluster.AddFramework();
        var offer = framework.TakeOffer();
        framework.Launch(offer, 0, TestFramework.Task(offer, "t", "cpus:3"));
        _cluster.Advance(TimeSpan.FromSeconds(1));

        var refusal = Ask(agent.Id, Op.Reserve(Op.Reserved("cpus:2", "batch"))).ShouldNotBeNull();

        refusal.Kind.ShouldBe(OperatorRefusalKind.Conflict);
        refusal.Reason.ShouldContain("not in use");
        framework.Rescinded.ShouldBeEmpty();
        Total().Reserved.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void Volumes_are_made_and_destroyed_and_their_offers_rescinded()
    {
        var agent = _cluster.AddAgent("cpus:4;mem:1024;disk:1000");
        Ask(agent.Id, Op.Reserve(Op.Reserved("disk:100", "web"))).ShouldBeNull();
        Ask(agent.Id, Op.Create(Op.Volume("v", 100))).ShouldBeNull();
        var web = _cluster.Subscribe(TestFramework.InRoles("web", "web"));
        var offer = web.TakeOffer();
        offer.Resources.ShouldContain(resource => resource.Disk != null);

        Ask(agent.Id, Op.Grow(Op.Volume("v", 100), Op.Reserved("disk:1", "web")[0])).ShouldNotBeNull().Kind.ShouldBe(OperatorRefusalKind.Conflict);
        Ask(agent.Id, Op.Shrink(Op.Volume("v", 100), 40)).ShouldBeNull();
        Ask(agent.Id, Op.Grow(Op.Volume("v", 60), Op.Reserved("disk:40", "web")[0])).ShouldBeNull();
        Ask(agent.Id, Op.Unreserve(Op.Volume("v", 100))).ShouldNotBeNull().Kind.ShouldBe(OperatorRefusalKind.Invalid);
        Ask(agent.Id, Op.Destroy(Op.Volume("v", 100))).ShouldBeNull();
        Ask(agent.Id, Op.Unreserve(Op.Reserved("disk:100", "web"))).ShouldBeNull();

        web.Rescinded.ShouldBe([offer.Id.Value]);
        Total().ShouldBe(ResourceSet.Parse("cpus:4;mem:1024;disk:1000"));
    }

    [Fact]
    public void A_reservation_is_made_anew_from_its_source()
    {
        var agent = _cluster.AddAgent("cpus:4;mem:1024");
        Ask(agent.Id, Op.Reserve(Op.Reserved("cpus:2", "web"))).ShouldBeNull();
        var again = Op.Reserve(Op.Reserved("cpus:2", "batch"));
        again.Reserve.Source.AddRange(Op.Reserved("cpus:2", "web"));
        Ask(agent.Id, again).ShouldBeNull();
        Total().ReservedTo("batch").Scalar("cpus").ShouldBe(2);
        Total().ReservedTo("web").IsEmpty.ShouldBeTrue();

        var more = Op.Reserve(Op.Reserved("cpus:3", "web"));
        more.Reserve.Source.AddRange(Op.Reserved("cpus:2", "batch"));
        Ask(agent.Id, more).ShouldNotBeNull().Reason.ShouldContain("differ");
    }

    [Fact]
    public void An_unknown_agent_and_a_broken_rule_are_invalid()
    {
        var agent = _cluster.AddAgent("cpus:4;mem:1024");
        Ask(new AgentId("nobody"), Op.Reserve(Op.Reserved("cpus:1", "web"))).ShouldNotBeNull().Kind.ShouldBe(OperatorRefusalKind.Invalid);
        Ask(agent.Id, Op.Reserve(ResourceSet.Parse("cpus:1").ToWire())).ShouldNotBeNull().Reason.ShouldContain("not dynamically");
        Ask(agent.Id, Op.Reserve()).ShouldNotBeNull().Reason.ShouldContain("names no resources");
    }

    private OperatorRefusal? Ask(AgentId agent, Operation operation)
    {
        var request = new OperatorRequestId(++_requests);
        _cluster.Apply(new KernelCommand.OperatorCall(request, CallFor(agent.ToWire(), operation)));
        var answer = _cluster.LastEffects.OfType<KernelEffect.AnswerOperator>().ShouldHaveSingleItem();
        answer.Request.ShouldBe(request);
        return answer.Refusal;
    }

    private static Call CallFor(AgentID agent, Operation operation) => operation.Type switch
    {
        OperationType.Reserve => new Call
        {
            Type = Call.Types.Type.ReserveResources,
            ReserveResources = new Call.Types.ReserveResources
            {
                AgentId = agent, Resources = { operation.Reserve.Resources }, Source = { operation.Reserve.Source },
            },
        },
        OperationType.Unreserve => new Call
        {
            Type = Call.Types.Type.UnreserveResources,
            UnreserveResources = new Call.Types.UnreserveResources { AgentId = agent, Resources = { operation.Unreserve.Resources } },
        },
        OperationType.Create => new Call
        {
            Type = Call.Types.Type.CreateVolumes,
            CreateVolumes = new Call.Types.CreateVolumes { AgentId = agent, Volumes = { operation.Create.Volumes } },
        },
        OperationType.Destroy => new Call
        {
            Type = Call.Types.Type.DestroyVolumes,
            DestroyVolumes = new Call.Types.DestroyVolumes { AgentId = agent, Volumes = { operation.Destroy.Volumes } },
        },
        OperationType.GrowVolume => new Call
        {
            Type = Call.Types.Type.GrowVolume,
            GrowVolume = new Call.Types.GrowVolume
            {
                AgentId = agent, Volume = operation.GrowVolume.Volume, Addition = operation.GrowVolume.Addition,
            },
        },
        _ => new Call
        {
            Type = Call.Types.Type.ShrinkVolume,
            ShrinkVolume = new Call.Types.ShrinkVolume
            {
                AgentId = agent, Volume = operation.ShrinkVolume.Volume, Subtract = operation.ShrinkVolume.Subtract,
            },
        },
    };

    private ResourceSet Total() => _cluster.Snapshot.Agents.Single().Total;
}
