using Plenum.Kernel.Operators;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Master;

namespace Plenum.Kernel.Tests.Allocation;

/// <summary>UPDATE_WEIGHTS: reference sections 3.8 and 5.3.</summary>
public sealed class WeightTests
{
    [Fact]
    public void A_new_weight_takes_offers_back_and_divides_them_anew()
    {
        var cluster = new TestCluster();
        var heavy = cluster.Subscribe(TestFramework.InRoles("a", "a"));
        var light = cluster.Subscribe(TestFramework.InRoles("b", "b"));
        for (var i = 0; i < 12; i++)
        {
            cluster.AddAgent(hostname: $"h{i}");
        }

        cluster.Settle();
        heavy.Offers.Count.ShouldBe(6);
        heavy.Forget();
        light.Forget();

        cluster.Operate(Weights(("a", 3))).ShouldBeNull();
        heavy.Rescinded.Count.ShouldBe(6);
        light.Rescinded.Count.ShouldBe(6);
        cluster.Settle();

        (heavy.Offers.Count, light.Offers.Count).ShouldBe((9, 3));
    }

    [Fact]
    public void A_weight_of_a_role_nobody_is_in_disturbs_nobody()
    {
        var cluster = new TestCluster();
        cluster.AddAgent();
        var framework = cluster.AddFramework();
        framework.TakeOffer();
        cluster.Operate(Weights(("later", 2))).ShouldBeNull();
        framework.Rescinded.ShouldBeEmpty();
    }

    [Fact]
    public void Weights_survive_the_master()
    {
        var cluster = new TestCluster();
        cluster.Operate(Weights(("eng/x", 2.5), ("ops", 1))).ShouldBeNull();
        cluster.RestartMaster();
        cluster.Snapshot.Weights.ShouldBe([new("eng/x", 2.5), new("ops", 1)]);
    }

    [Theory]
    [InlineData("a", 0)]
    [InlineData("a", -1)]
    [InlineData("a", double.NaN)]
    [InlineData("a", double.PositiveInfinity)]
    [InlineData("/a", 1)]
    [InlineData("", 1)]
    public void A_weight_that_is_no_weight_is_refused_and_nothing_of_the_call_is_kept(string role, double weight)
    {
        var cluster = new TestCluster();
        cluster.Operate(Weights(("fine", 2), (role, weight)))!.Kind.ShouldBe(OperatorRefusalKind.Invalid);
        cluster.Snapshot.Weights.ShouldBeEmpty();
        cluster.Registry.ShouldBeEmpty();
    }

    private static Call Weights(params (string Role, double Weight)[] weights)
    {
        var call = new Call { Type = Call.Types.Type.UpdateWeights, UpdateWeights = new Call.Types.UpdateWeights() };
        call.UpdateWeights.WeightInfos.AddRange(weights.Select(w => new WeightInfo { Role = w.Role, Weight = w.Weight }));
        return call;
    }
}
