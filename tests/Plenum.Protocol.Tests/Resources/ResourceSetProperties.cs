using FsCheck;
using FsCheck.Fluent;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Protocol.Tests.Resources;

public sealed class ResourceSetProperties
{
    private static readonly Arbitrary<Resource[]> Lists = ResourceGenerators.List;

    [Fact]
    public void Reading_the_wire_agrees_with_the_slow_model() => Check(a =>
        SlowResources.Of(ResourceSet.FromWire(a)).ToString().ShouldBe(SlowResources.Of(a).ToString()));

    [Fact]
    public void Sums_and_differences_agree_with_the_slow_model() => Check((a, b) =>
    {
        var (left, right) = (ResourceSet.FromWire(a), ResourceSet.FromWire(b));
        SlowResources.Of(left + right).ToString().ShouldBe(SlowResources.Of(a).Plus(SlowResources.Of(b)).ToString());
        SlowResources.Of(left - right).ToString().ShouldBe(SlowResources.Of(a).Minus(SlowResources.Of(b)).ToString());
    });

    [Fact]
    public void Containment_agrees_with_the_slow_model() => Check((a, b) =>
    {
        var (left, right) = (ResourceSet.FromWire(a), ResourceSet.FromWire(b));
        left.Contains(right).ShouldBe(SlowResources.Of(a).Contains(SlowResources.Of(b)));
        (left + right).Contains(right).ShouldBeTrue();
        left.Contains(left - right).ShouldBeTrue();
    });

    [Fact]
    public void Addition_is_commutative_and_associative() => Check((a, b) =>
    {
        var (left, right) = (ResourceSet.FromWire(a), ResourceSet.FromWire(b));
        (left + right).ShouldBe(right + left);
        (left + right + left).ShouldBe(left + (right + left));
        (left + right).GetHashCode().ShouldBe((right + left).GetHashCode());
    });

    [Fact]
    public void What_is_taken_from_a_pool_and_given_back_restores_it() => Check((a, b) =>
    {
        var (pool, wanted) = (ResourceSet.FromWire(a), ResourceSet.FromWire(b));
        var taken = pool.Contains(wanted) ? wanted : pool - wanted;
        (pool - taken + taken).ShouldBe(pool);
        (pool - pool).IsEmpty.ShouldBeTrue();
    });

    [Fact]
    public void Adding_and_taking_off_again_changes_nothing_where_ranges_do_not_overlap() => Check((a, b) =>
    {
        var left = ResourceSet.FromWire(a);

        // Members of ranges and sets exist once: what both have is gone after the subtraction.
        var right = ResourceSet.FromWire(b.Where(r => r.Type == Value.Types.Type.Scalar));
        (left + right - right).ShouldBe(left);
    });

    [Fact]
    public void No_amount_is_ever_negative_or_zero() => Check((a, b) =>
    {
        foreach (var entry in (ResourceSet.FromWire(a) - ResourceSet.FromWire(b)).Entries)
        {
            entry.QuantityMillis.ShouldBeGreaterThan(0);
        }
    });

    [Fact]
    public void Quantities_are_what_the_entries_add_up_to_by_name() => Check((a, b) =>
    {
        var set = ResourceSet.FromWire(a) + ResourceSet.FromWire(b);
        var expected = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var entry in set.Entries)
        {
            expected[entry.Name] = expected.GetValueOrDefault(entry.Name) + entry.QuantityMillis;
        }

        set.Quantities.ShouldBe(ResourceQuantities.From(expected));
    });

    [Fact]
    public void Both_formats_bring_back_the_same_set() => Check(a =>
    {
        var set = ResourceSet.FromWire(a);
        ResourceSet.FromWire(set.ToWire()).ShouldBe(set);
        var expressible = set.WithoutRefined;
        ResourceSet.FromWire(expressible.ToWire(ReservationFormat.PreRefinement)).ShouldBe(expressible);
        foreach (var resource in expressible.ToWire(ReservationFormat.PreRefinement))
        {
            resource.Reservations.ShouldBeEmpty();
            resource.HasRole.ShouldBeTrue();
        }
    });

    [Fact]
    public void Filters_split_a_set_without_loss() => Check(a =>
    {
        var set = ResourceSet.FromWire(a);
        (set.Unreserved + set.Reserved).ShouldBe(set);
        (set.Revocable + set.NonRevocable).ShouldBe(set);
        set.ReservedRoles.Aggregate(set.Unreserved, (sum, role) => sum + set.ReservedTo(role)).ShouldBe(set);
    });

    [Fact]
    public void Stamping_a_role_keeps_every_amount() => Check(a =>
    {
        var set = ResourceSet.FromWire(a.Where(r => r.Type == Value.Types.Type.Scalar));
        var stamped = set.AllocatedTo("stamp");
        stamped.Quantities.ShouldBe(set.Quantities);
        stamped.AllocationRoles.ShouldBe(set.IsEmpty ? [] : ["stamp"]);
        stamped.Unallocated.ShouldBe(set.Unallocated);
        set.WithAllocationWhereMissing("stamp").WhereAllocatedTo("web").ShouldBe(set.WhereAllocatedTo("web"));
    });

    [Fact]
    public void Thousandths_stay_exact_over_a_long_walk()
    {
        const int Seed = 20_26;
        var random = new Random(Seed);
        var set = ResourceSet.Empty;
        long expected = 0;
        for (var step = 0; step < 20_000; step++)
        {
            var millis = random.Next(1, 400);
            var amount = ResourceSet.FromWire([Scalar("cpus", millis / 1000.0)]);
            if (random.Next(2) == 0 || expected < millis)
            {
                set += amount;
                expected += millis;
            }
            else
            {
                set -= amount;
                expected -= millis;
            }

            set.Millis("cpus").ShouldBe(expected, $"seed {Seed}, step {step}");
        }
    }

    internal static Resource Scalar(string name, double value) => new()
    {
        Name = name,
        Type = Value.Types.Type.Scalar,
        Scalar = new Value.Types.Scalar { Value = value },
    };

    private static void Check(Action<Resource[]> law) =>
        Prop.ForAll(Lists, law).QuickCheckThrowOnFailure();

    private static void Check(Action<Resource[], Resource[]> law) =>
        Prop.ForAll(Lists, Lists, law).QuickCheckThrowOnFailure();
}
