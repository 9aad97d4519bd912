using System.Collections.Immutable;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;
using Plenum.Marathon.Matching;
using Plenum.Protocol.V1;
using Attribute = Plenum.Protocol.V1.Attribute;

namespace Plenum.Marathon.Tests.Matching;

public sealed class ConstraintEvaluatorTests
{
    [Theory]
    [InlineData("rack-1", "rack-2", true)]
    [InlineData("rack-1", "rack-1", false)]
    public void Unique_refuses_a_value_that_is_taken(string taken, string offered, bool passes) =>
        IsMet(ConstraintOperator.Unique, null, offered, [taken]).ShouldBe(passes);

    [Fact]
    public void Cluster_follows_its_value_or_the_first_instance()
    {
        IsMet(ConstraintOperator.Cluster, "rack-1", "rack-1", []).ShouldBeTrue();
        IsMet(ConstraintOperator.Cluster, "rack-1", "rack-2", []).ShouldBeFalse();
        IsMet(ConstraintOperator.Cluster, null, "rack-2", []).ShouldBeTrue();
        IsMet(ConstraintOperator.Cluster, null, "rack-2", ["rack-1", "rack-2"]).ShouldBeFalse();
    }

    [Theory]
    [InlineData("rack-.", "rack-1", true)]
    [InlineData("rack", "rack-1", false)] // the whole text must match
    [InlineData("a|rack-1", "rack-1", true)]
    [InlineData("(", "rack-1", false)]
    public void Like_and_unlike_match_the_whole_text(string pattern, string value, bool matches)
    {
        IsMet(ConstraintOperator.Like, pattern, value, []).ShouldBe(matches);
        IsMet(ConstraintOperator.Unlike, pattern, value, []).ShouldBe(!matches);
    }

    [Fact]
    public void Max_per_counts_instances_of_the_same_value()
    {
        IsMet(ConstraintOperator.MaxPer, "2", "a", ["a", "b"]).ShouldBeTrue();
        IsMet(ConstraintOperator.MaxPer, "2", "a", ["a", "a"]).ShouldBeFalse();
    }

    [Theory]
    [InlineData("1.50", "1.5", true)]
    [InlineData("ssd", "ssd", true)]
    [InlineData("ssd", "hdd", false)]
    public void Is_compares_texts_and_scalars_in_one_form(string wanted, string value, bool passes) =>
        IsMet(ConstraintOperator.Is, wanted, value, []).ShouldBe(passes);

    [Fact]
    public void An_agent_without_the_field_passes_unlike_only()
    {
        foreach (var kind in Enum.GetValues<ConstraintOperator>())
        {
            var app = AppWith(new Constraint("rack", kind, "1"), 2);
            IsMet(app, Place(null), [], []).ShouldBe(kind == ConstraintOperator.Unlike, $"{kind}");
        }
    }

    [Theory]
    [InlineData(5, 3)]
    [InlineData(6, 3)]
    [InlineData(7, 2)]
    [InlineData(2, 3)]
    [InlineData(10, 4)]
    public void Group_by_uses_exactly_its_groups_and_spreads_evenly(int instances, int groups)
    {
        var app = AppWith(new Constraint("rack", ConstraintOperator.GroupBy, $"{groups}"), instances);
        var placed = new List<AgentPlace>();
        var racks = Enumerable.Range(0, groups + 2).Select(rack => Place($"rack-{rack}")).ToList();

        // The same rack is asked again and again first: evenness must not depend on the order of offers.
        for (var pass = 0; pass < instances; pass++)
        {
            foreach (var rack in racks)
            {
                while (placed.Count < instances && IsMet(app, rack, placed, []))
                {
                    placed.Add(rack);
                }
            }
        }

        placed.Count.ShouldBe(instances);
        var counts = placed.GroupBy(place => place.Attributes["rack"]).Select(group => group.Count()).ToList();
        counts.Count.ShouldBe(Math.Min(groups, instances));
        (counts.Max() - counts.Min()).ShouldBeLessThanOrEqualTo(1);
    }

    [Fact]
    public void Group_by_without_a_number_spreads_over_the_values_seen()
    {
        var app = AppWith(new Constraint("rack", ConstraintOperator.GroupBy), 4);
        AgentPlace a = Place("a"), b = Place("b");
        IsMet(app, a, [a, a], [a, b]).ShouldBeFalse();
        IsMet(app, b, [a, a], [a, b]).ShouldBeTrue();
    }

    [Fact]
    public void Region_zone_and_host_are_fields_beside_the_attributes()
    {
        var place = new AgentPlace("a", "host-1", "eu", "eu-1", ImmutableSortedDictionary<string, string>.Empty);
        ConstraintEvaluator.FieldOf(place, "hostname").ShouldBe("host-1");
        ConstraintEvaluator.FieldOf(place, "@hostname").ShouldBe("host-1");
        ConstraintEvaluator.FieldOf(place, "@region").ShouldBe("eu");
        ConstraintEvaluator.FieldOf(place, "@zone").ShouldBe("eu-1");
        ConstraintEvaluator.FieldOf(place, "rack").ShouldBeNull();
    }

    [Fact]
    public void Attributes_compare_in_their_text_form()
    {
        AttributeText.Of(new Attribute { Name = "a", Type = Value.Types.Type.Scalar, Scalar = new Value.Types.Scalar { Value = 2.5 } }).ShouldBe("2.5");
        AttributeText.OfScalar(0.0005).ShouldBe("0");
        AttributeText.OfScalar(0.0015).ShouldBe("0.002");
        AttributeText.Of(new Attribute
        {
            Name = "a",
            Type = Value.Types.Type.Ranges,
            Ranges = new Value.Types.Ranges
            {
                Range = { new Value.Types.Range { Begin = 7, End = 9 }, new Value.Types.Range { Begin = 1, End = 3 } },
            },
        }).ShouldBe("[1-3,7-9]");
        AttributeText.Of(new Attribute
        {
            Name = "a",
            Type = Value.Types.Type.Set,
            Set = new Value.Types.Set { Item = { "b", "a" } },
        }).ShouldBe("{a,b}");
    }

    private static bool IsMet(ConstraintOperator kind, string? value, string offered, string[] placed) =>
        IsMet(
            AppWith(new Constraint("rack", kind, value), 3),
            Place(offered),
            [.. placed.Select(rack => Place(rack))],
            []);

    private static bool IsMet(AppDefinition app, AgentPlace place, IReadOnlyList<AgentPlace> placed, AgentPlace[] known) =>
        ConstraintEvaluator.IsMet(app, place, new PlacedInstances(placed), new PlaceCounts(() => known));

    private static AppDefinition AppWith(Constraint constraint, int instances) => new()
    {
        Id = PathId.Parse("/web"),
        Instances = instances,
        Constraints = [constraint],
    };

    private static AgentPlace Place(string? rack) => new(
        $"agent-{rack}",
        $"host-{rack}",
        null,
        null,
        rack is null
            ? ImmutableSortedDictionary<string, string>.Empty
            : ImmutableSortedDictionary<string, string>.Empty.Add("rack", rack));
}
