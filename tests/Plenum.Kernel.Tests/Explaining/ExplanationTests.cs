using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;
using Plenum.Kernel.Explaining;
using Plenum.Protocol.Identity;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Quota;
using OperatorCall = Plenum.Protocol.V1.Master.Call;

namespace Plenum.Kernel.Tests.Explaining;

/// <summary>Each reason is the one that keeps an offer away: taking it away brings the offer.</summary>
public sealed class ExplanationTests
{
    [Fact]
    public void Every_agent_is_counted_under_the_reason_that_keeps_it_away()
    {
        var cluster = new TestCluster();
        var other = cluster.Subscribe(TestFramework.InRoles("other", "other"));
        cluster.AddAgent("cpus:4;mem:4096", "used");
        cluster.Settle();
        other.Launch(other.Offers[0], 0, TestFramework.Task(other.Offers[0], "t", "cpus:4;mem:4096"));
        cluster.AddAgent("cpus:4;mem:4096", "offered");
        cluster.Settle();
        other.Suppress();

        var framework = cluster.AddFramework("fw");
        cluster.AddAgent("cpus:4;mem:4096;gpus:1", "gpu");
        cluster.AddAgent("cpus(other):4;mem(other):4096", "reserved");
        cluster.AddAgent("cpus:0.001;mem:1", "small");
        cluster.AddAgent("cpus:4;mem:4096", "declined");
        cluster.Settle();
        framework.Decline(framework.Offers.Single(offer => offer.Hostname == "declined"), 3600);
        var lost = cluster.AddAgent("cpus:4;mem:4096", "lost");
        cluster.Settle();
        lost.BreakLink();
        var inactive = cluster.AddAgent("cpus:4;mem:4096", "inactive");
        cluster.Settle();
        cluster.Operate(new OperatorCall
        {
            Type = OperatorCall.Types.Type.DeactivateAgent,
            DeactivateAgent = new OperatorCall.Types.DeactivateAgent { AgentId = inactive.Id.ToWire() },
        }).ShouldBeNull();
        cluster.AddAgent("cpus:4;mem:4096", "mine");
        cluster.Settle();

        var role = Explain(cluster, framework)!.Roles.ShouldHaveSingleItem();
        role.Agents.ShouldBe(
            new Dictionary<OfferObstacle, int>
            {
                [OfferObstacle.InUse] = 1,
                [OfferObstacle.OfferedToOthers] = 1,
                [OfferObstacle.NeedsGpuCapability] = 1,
                [OfferObstacle.Reserved] = 1,
                [OfferObstacle.TooSmall] = 1,
                [OfferObstacle.Refused] = 1,
                [OfferObstacle.AgentDisconnected] = 1,
                [OfferObstacle.AgentDeactivated] = 1,
                [OfferObstacle.OfferedToIt] = 1,
            },
            ignoreOrder: true);
        role.Offers.ShouldBe(1);
        role.Suppressed.ShouldBeFalse();
    }

    [Fact]
    public void A_reached_limit_and_kept_guarantees_are_told_apart()
    {
        var cluster = new TestCluster();
        var limited = cluster.Subscribe(TestFramework.InRoles("limited", "limited"), "limited");
        var free = cluster.Subscribe(TestFramework.InRoles("free", "free"), "free");
        cluster.AddAgent("cpus:4;mem:4096");
        var call = new OperatorCall { Type = OperatorCall.Types.Type.UpdateQuota, UpdateQuota = new OperatorCall.Types.UpdateQuota() };
        var none = new Value.Types.Scalar { Value = 0 };
        call.UpdateQuota.QuotaConfigs.Add(new QuotaConfig { Role = "limited", Limits = { ["cpus"] = none, ["mem"] = none } });
        call.UpdateQuota.QuotaConfigs.Add(new QuotaConfig
        {
            Role = "kept",
            Guarantees = { ["cpus"] = new Value.Types.Scalar { Value = 4 }, ["mem"] = new Value.Types.Scalar { Value = 4096 } },
        });
        cluster.Operate(call).ShouldBeNull();
        cluster.Settle();

        Explain(cluster, limited)!.Roles[0].Agents.ShouldHaveSingleItem().Key.ShouldBe(OfferObstacle.QuotaLimit);
        Explain(cluster, free)!.Roles[0].Agents.ShouldHaveSingleItem().Key.ShouldBe(OfferObstacle.KeptForGuarantees);
        Explain(cluster, free)!.Roles[0].Suppressed.ShouldBeTrue();
    }

    [Fact]
    public void The_place_in_the_order_counts_who_is_served_before()
    {
        var cluster = new TestCluster();
        cluster.AddAgent();
        var first = cluster.AddFramework("first");
        cluster.Settle();
        var second = cluster.AddFramework("second");
        cluster.Settle();
        Explain(cluster, second)!.Roles[0].Before.ShouldBe(0);
        Explain(cluster, first)!.Roles[0].Before.ShouldBe(1);
        Explain(cluster, first)!.Roles[0].Share.ShouldBe(1);
    }

    [Fact]
    public void The_share_of_one_that_wants_no_offers_is_that_of_now()
    {
        var cluster = new TestCluster();
        cluster.AddAgent("cpus:4;mem:4096");
        var framework = cluster.AddFramework();
        var offer = framework.TakeOffer();
        cluster.Advance(TimeSpan.FromSeconds(2));
        framework.Suppress();
        framework.Launch(offer, 0, TestFramework.Task(offer, "t1", "cpus:1;mem:128"));
        Explain(cluster, framework)!.Roles[0].Share.ShouldBe(0.25);
    }

    [Fact]
    public void Nobody_is_explained_by_nothing()
    {
        var cluster = new TestCluster();
        cluster.Apply(new KernelCommand.ExplainFramework(new OperatorRequestId(7), new FrameworkId("nobody")));
        cluster.LastEffects.OfType<KernelEffect.AnswerExplanation>().ShouldHaveSingleItem().Explanation.ShouldBeNull();
    }

    private static FrameworkExplanation? Explain(TestCluster cluster, TestFramework framework)
    {
        cluster.Apply(new KernelCommand.ExplainFramework(new OperatorRequestId(7), framework.Id));
        return cluster.LastEffects.OfType<KernelEffect.AnswerExplanation>().ShouldHaveSingleItem().Explanation;
    }
}
