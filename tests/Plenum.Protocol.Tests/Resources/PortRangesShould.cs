using FsCheck;
using FsCheck.Fluent;
using Plenum.Protocol.Resources;

namespace Plenum.Protocol.Tests.Resources;

public sealed class PortRangesShould
{
    private static readonly Arbitrary<(ulong, ulong)[]> Ranges = Gen.ArrayOf(
        Gen.Two(Gen.Choose(0, 40)).Select(b => ((ulong)Math.Min(b.Item1, b.Item2), (ulong)Math.Max(b.Item1, b.Item2))),
        4).ToArbitrary();

    [Fact]
    public void Behave_like_sets_of_single_ports() => Prop.ForAll(Ranges, Ranges, (a, b) =>
    {
        var (left, right) = (PortRanges.From(a), PortRanges.From(b));
        var (slowLeft, slowRight) = (left.Values().ToHashSet(), right.Values().ToHashSet());
        (left + right).Values().ShouldBe(slowLeft.Union(slowRight).Order());
        (left - right).Values().ShouldBe(slowLeft.Except(slowRight).Order());
        left.Contains(right).ShouldBe(slowRight.IsSubsetOf(slowLeft));
        left.Overlaps(right).ShouldBe(slowLeft.Overlaps(slowRight));
        left.Count.ShouldBe((ulong)slowLeft.Count);
        var bounds = left.SelectMany(r => new[] { r.Begin, r.End }).ToList();
        bounds.ShouldBe(bounds.Order());
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Coalesce_ranges_that_touch() =>
        PortRanges.From([(5, 6), (1, 2), (3, 4), (8, 9)]).ToString().ShouldBe("[1-6, 8-9]");

    [Fact]
    public void Survive_the_ends_of_the_number_line()
    {
        var all = PortRanges.Of(0, ulong.MaxValue);
        all.Count.ShouldBe(ulong.MaxValue);
        var holed = all - PortRanges.Of(5, 5);
        holed.ToString().ShouldBe($"[0-4, 6-{ulong.MaxValue}]");
        (holed + PortRanges.Of(5, 5)).ShouldBe(all);
        (all - PortRanges.Of(ulong.MaxValue, ulong.MaxValue)).Contains(ulong.MaxValue).ShouldBeFalse();
        (all - all).IsEmpty.ShouldBeTrue();
        (PortRanges.Of(0, 0) + PortRanges.Of(0, 3)).ToString().ShouldBe("[0-3]");
    }

    [Fact]
    public void Refuse_a_range_that_ends_before_it_begins() =>
        Should.Throw<ArgumentOutOfRangeException>(() => PortRanges.From([(4, 3)]));
}
