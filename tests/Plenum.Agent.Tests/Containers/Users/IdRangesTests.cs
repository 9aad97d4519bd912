using FsCheck;
using FsCheck.Fluent;
using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Users;

namespace Plenum.Agent.Tests.Containers.Users;

public sealed class IdRangesTests
{
    private const uint First = 1_000_000;

    [Fact]
    public void No_two_containers_ever_have_an_id_in_common_and_none_is_refused_while_a_range_is_free() =>
        Prop.ForAll(Gen.Choose(0, 9).ListOf().ToArbitrary(), static steps =>
        {
            var ranges = new IdRanges(First, 5 * IdRange.Count);
            var taken = new Dictionary<int, IdRange>();
            foreach (var step in steps)
            {
                var key = new ContainerKey($"c{step}");
                if (taken.Remove(step))
                {
                    ranges.Return(key);
                }
                else if (ranges.Take(key) is { } range)
                {
                    taken.Values.ShouldAllBe(other => !other.Overlaps(range));
                    range.First.ShouldBeInRange(First, First + (4 * IdRange.Count));
                    taken.Add(step, range);
                }
                else
                {
                    taken.Count.ShouldBe(5);
                }
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void What_an_earlier_agent_gave_away_from_another_range_is_not_given_again_in_part()
    {
        var ranges = new IdRanges(First, 2 * IdRange.Count);
        ranges.Restore(new ContainerKey("old"), new IdRange(First + 5));
        ranges.Take(new ContainerKey("new")).ShouldBeNull();
        ranges.Return(new ContainerKey("old"));
        ranges.Take(new ContainerKey("new")).ShouldBe(new IdRange(First));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1000000")]
    [InlineData("a:b")]
    [InlineData("1000:65536")]
    [InlineData("1000000:65535")]
    [InlineData("4294902000:65536")]
    [InlineData("1000000:65536:1")]
    public void Ranges_that_are_none_or_not_the_containers_to_have_are_refused_with_an_example(string text) =>
        Should.Throw<ContainerLaunchException>(() => UserNamespaceOptions.Parse(text)).Message.ShouldContain("BASE:SIZE");

    [Fact]
    public void A_user_of_the_machine_within_the_range_is_named()
    {
        var options = UserNamespaceOptions.Parse($"{First}:{IdRange.Count}");
        const string usual = "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n";
        options.AccountWithin(usual).ShouldBeNull();
        options.AccountWithin($"{usual}eve:x:{First + IdRange.Count}:1::/:/bin/sh").ShouldBeNull();
        options.AccountWithin($"{usual}eve:x:{First + IdRange.Count - 1}:1::/:/bin/sh").ShouldBe("eve");
    }
}
