using Plenum.Master.Tests.Cluster;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Master.Tests.Allocation;

/// <summary>The allocator's endpoint for who wonders what the constraints of a framework exclude.</summary>
public sealed class OfferConstraintsDebugTests
{
    [Theory]
    [InlineData("/hierarchical-allocator(1)/offer_constraints_debug")]
    [InlineData("/hierarchical-allocator%281%29/offer_constraints_debug")]
    public async Task Every_role_lists_the_agents_that_its_constraints_exclude(string path)
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync();
        await using var framework = await master.FrameworkAsync();
        var info = TestFramework.Info();
        info.Id = framework.Id;
        info.Roles.Add("quiet");
        var call = new Call
        {
            Type = Call.Types.Type.UpdateFramework,
            UpdateFramework = new Call.Types.UpdateFramework
            {
                FrameworkInfo = info,
                SuppressedRoles = { "quiet" },
                OfferConstraints = new OfferConstraints
                {
                    RoleConstraints =
                    {
                        ["*"] = new OfferConstraints.Types.RoleConstraints
                        {
                            Groups =
                            {
                                new OfferConstraints.Types.RoleConstraints.Types.Group
                                {
                                    AttributeConstraints =
                                    {
                                        new AttributeConstraint
                                        {
                                            Selector = new AttributeConstraint.Types.Selector { AttributeName = "not-there" },
                                            Predicate = new AttributeConstraint.Types.Predicate { Exists = new() },
                                        },
                                    },
                                },
                            },
                        },
                    },
                },
            },
        };
        (await framework.CallAsync(call)).ShouldBe(System.Net.HttpStatusCode.OK);

        (await master.GetJsonAsync(path)).GetRawText().ShouldBe(
            $$$"""{"frameworks":{"{{{framework.Id.Value}}}":{"suppressed_roles":["quiet"],"excluded_by_attribute_constraints":"""
            + $$$"""{"*":["{{{agent.Id.Value}}}"],"quiet":[]}"""
            + "}}}");
    }
}
