using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using FaultDomain = Plenum.Protocol.V1.DomainInfo.Types.FaultDomain;
using Predicate = Plenum.Protocol.V1.Scheduler.AttributeConstraint.Types.Predicate;
using Pseudo = Plenum.Protocol.V1.Scheduler.AttributeConstraint.Types.Selector.Types.PseudoattributeType;
using Selector = Plenum.Protocol.V1.Scheduler.AttributeConstraint.Types.Selector;

namespace Plenum.Kernel.Tests.Allocation;

/// <summary>Which agents a framework's own constraints admit: reference section 5.8.</summary>
public sealed class OfferConstraintTests
{
    /// <summary>The agent has rack r1 (and again rack r2), size 3 as a number, and no attribute called none.</summary>
    [Theory]
    [InlineData("rack", "exists", "", true)]
    [InlineData("none", "exists", "", false)]
    [InlineData("rack", "not_exists", "", false)]
    [InlineData("none", "not_exists", "", true)]
    [InlineData("rack", "equals", "r1", true)]
    [InlineData("rack", "equals", "r2", false)]
    [InlineData("rack", "equals", "R1", false)]
    [InlineData("none", "equals", "r1", false)]
    [InlineData("size", "equals", "anything", true)]
    [InlineData("rack", "not_equals", "r1", false)]
    [InlineData("rack", "not_equals", "r2", true)]
    [InlineData("none", "not_equals", "r1", true)]
    [InlineData("size", "not_equals", "3", true)]
    [InlineData("rack", "matches", "r[12]", true)]
    [InlineData("rack", "matches", "r", false)]
    [InlineData("rack", "matches", "x|r1", true)]
    [InlineData("none", "matches", ".*", false)]
    [InlineData("size", "matches", "x", true)]
    [InlineData("rack", "not_matches", "r[12]", false)]
    [InlineData("rack", "not_matches", "r", true)]
    [InlineData("none", "not_matches", ".*", true)]
    [InlineData("size", "not_matches", ".*", true)]
    [InlineData("@hostname", "equals", "a.example", true)]
    [InlineData("@hostname", "matches", "b.*", false)]
    [InlineData("@region", "equals", "north", true)]
    [InlineData("@zone", "equals", "n1", true)]
    [InlineData("@zone", "not_exists", "", false)]
    public void Each_comparison_admits_and_excludes_as_the_reference_says(string selector, string kind, string text, bool isAdmitted)
    {
        var cluster = Cluster();
        var framework = Subscribe(cluster, Constrain(Constraint(selector, kind, text)));
        cluster.Settle();
        framework.Offers.Count.ShouldBe(isAdmitted ? 1 : 0);
        cluster.Snapshot.Frameworks.Single().Excludes("*", cluster.Snapshot.Agents.Single()).ShouldBe(!isAdmitted);
    }

    [Fact]
    public void An_agent_without_a_domain_has_no_region_and_no_zone()
    {
        var cluster = new TestCluster();
        cluster.AddAgent();
        Subscribe(cluster, Constrain(Constraint("@region", "exists", ""))).Offers.ShouldBeEmpty();
        var other = Subscribe(cluster, Constrain(Constraint("@zone", "not_exists", "")));
        cluster.Settle();
        other.Offers.Count.ShouldBe(1);
    }

    [Fact]
    public void One_group_whose_constraints_all_hold_is_enough()
    {
        var cluster = Cluster();
        var wrong = new[] { Constraint("rack", "equals", "r1"), Constraint("none", "exists", "") };
        var none = Subscribe(cluster, Constrain(wrong));
        cluster.Settle();
        none.Offers.ShouldBeEmpty("both constraints of its only group must hold");

        var either = Constrain(wrong);
        either.RoleConstraints["*"].Groups.Add(Group(Constraint("rack", "exists", "")));
        var one = Subscribe(cluster, either);
        cluster.Settle();
        one.Offers.Count.ShouldBe(1);
    }

    [Fact]
    public void What_is_no_constraint_is_refused_with_the_whole_subscription()
    {
        var wrong = new (OfferConstraints Constraints, string Why)[]
        {
            (Constrain(new AttributeConstraint { Predicate = new Predicate { Exists = new() } }), "selector"),
            (Constrain(new AttributeConstraint { Selector = new Selector(), Predicate = new Predicate { Exists = new() } }), "selector"),
            (Constrain(new AttributeConstraint { Selector = new Selector { PseudoattributeType = Pseudo.Unknown }, Predicate = new Predicate { Exists = new() } }), "selector"),
            (Constrain(new AttributeConstraint { Selector = new Selector { AttributeName = "rack" } }), "predicate"),
            (Constrain(new AttributeConstraint { Selector = new Selector { AttributeName = "rack" }, Predicate = new Predicate() }), "predicate"),
            (Constrain(Constraint("rack", "matches", "(")), "pattern"),
            (Constrain(Constraint("rack", "matches", @"(a)\1")), "linear time"),
            (Constrain(Constraint("rack", "not_matches", new string('a', 1001))), "longer"),
            (Constrain(), "empty group"),
            (new OfferConstraints { RoleConstraints = { ["*"] = new OfferConstraints.Types.RoleConstraints() } }, "no group"),
            (new OfferConstraints { RoleConstraints = { ["other"] = new OfferConstraints.Types.RoleConstraints() } }, "not the framework's"),
        };
        foreach (var (constraints, why) in wrong)
        {
            Subscribe(Cluster(), constraints).Error.ShouldNotBeNull(why).ShouldContain(why);
        }
    }

    private static TestCluster Cluster()
    {
        var cluster = new TestCluster(options =>
        {
            options.MasterInfo.Domain = Domain();
            return options;
        });
        var agent = new TestAgent("a.example", "cpus:4;mem:1024");
        foreach (var rack in new[] { "r1", "r2" })
        {
            agent.Info.Attributes.Add(new Plenum.Protocol.V1.Attribute
            {
                Name = "rack", Type = Value.Types.Type.Text, Text = new Value.Types.Text { Value = rack },
            });
        }

        agent.Info.Attributes.Add(new Plenum.Protocol.V1.Attribute
        {
            Name = "size", Type = Value.Types.Type.Scalar, Scalar = new Value.Types.Scalar { Value = 3 },
        });
        agent.Info.Domain = Domain();
        cluster.Register(agent);
        return cluster;
    }

    private static DomainInfo Domain() => new()
    {
        FaultDomain = new FaultDomain
        {
            Region = new FaultDomain.Types.RegionInfo { Name = "north" },
            Zone = new FaultDomain.Types.ZoneInfo { Name = "n1" },
        },
    };

    private static TestFramework Subscribe(TestCluster cluster, OfferConstraints constraints) =>
        cluster.Subscribe(new TestFramework(TestFramework.Describe("fw")) { Constraints = constraints });

    private static OfferConstraints Constrain(params AttributeConstraint[] constraints) => new()
    {
        RoleConstraints = { ["*"] = new OfferConstraints.Types.RoleConstraints { Groups = { Group(constraints) } } },
    };

    private static OfferConstraints.Types.RoleConstraints.Types.Group Group(params AttributeConstraint[] constraints) =>
        new() { AttributeConstraints = { constraints } };

    private static AttributeConstraint Constraint(string selector, string kind, string text) => new()
    {
        Selector = selector switch
        {
            "@hostname" => new Selector { PseudoattributeType = Pseudo.Hostname },
            "@region" => new Selector { PseudoattributeType = Pseudo.Region },
            "@zone" => new Selector { PseudoattributeType = Pseudo.Zone },
            _ => new Selector { AttributeName = selector },
        },
        Predicate = kind switch
        {
            "exists" => new Predicate { Exists = new() },
            "not_exists" => new Predicate { NotExists = new() },
            "equals" => new Predicate { TextEquals = new() { Value = text } },
            "not_equals" => new Predicate { TextNotEquals = new() { Value = text } },
            "matches" => new Predicate { TextMatches = new() { Regex = text } },
            _ => new Predicate { TextNotMatches = new() { Regex = text } },
        },
    };
}
