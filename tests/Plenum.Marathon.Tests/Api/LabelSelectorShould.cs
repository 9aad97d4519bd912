using FsCheck;
using FsCheck.Fluent;
using Plenum.Marathon.Api.Selection;
using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Tests.Api;

public sealed class LabelSelectorShould
{
    private static readonly ValueMap<string> Labels = ValueMap<string>.From(
    [
        KeyValuePair.Create("tier", "front"),
        KeyValuePair.Create("a,b", "c d"),
        KeyValuePair.Create("in", "notin"),
    ]);

    [Theory]
    [InlineData("tier", true)]
    [InlineData("zone", false)]
    [InlineData("tier==front", true)]
    [InlineData("tier == back", false)]
    [InlineData("tier!=back", true)]
    [InlineData("tier!=front", false)]
    [InlineData("zone!=eu", false)]
    [InlineData("tier in (back, front)", true)]
    [InlineData("tier in (back)", false)]
    [InlineData("tier notin (back)", true)]
    [InlineData("tier notin (front)", false)]
    [InlineData("zone notin (eu)", false)]
    [InlineData("tier==front,in", true)]
    [InlineData("tier==front, zone", false)]
    [InlineData(@"a\,b==c\ d", true)]
    [InlineData("in in (notin)", true)]
    public void Hold_exactly_where_every_term_does(string text, bool expected)
    {
        LabelSelector.TryParse(text, out var selector, out var error).ShouldBeTrue(error);
        selector!.Matches(Labels).ShouldBe(expected);
    }

    [Theory]
    [InlineData("")]
    [InlineData(",")]
    [InlineData("tier=front")]
    [InlineData("tier==")]
    [InlineData("tier in")]
    [InlineData("tier in front")]
    [InlineData("tier in (front")]
    [InlineData("tier in ()")]
    [InlineData("tier around (front)")]
    [InlineData("tier==front zone")]
    [InlineData("tier==front,")]
    [InlineData(@"tier==\")]
    public void Say_where_it_is_broken(string text)
    {
        LabelSelector.TryParse(text, out _, out var error).ShouldBeFalse();
        error.ShouldNotBeNull().ShouldStartWith("Invalid label selector");
    }

    [Fact]
    public void Survive_any_text() =>
        Prop.ForAll<string>(text =>
        {
            if (LabelSelector.TryParse(text ?? "", out var selector, out var error))
            {
                selector.Matches(Labels);
            }
            else
            {
                error.ShouldNotBeEmpty();
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Find_any_label_by_its_escaped_name_and_value() =>
        Prop.ForAll<NonEmptyString, NonEmptyString>((key, value) =>
        {
            var labels = ValueMap<string>.From([KeyValuePair.Create(key.Get, value.Get)]);
            LabelSelector.TryParse($"{Escape(key.Get)}=={Escape(value.Get)}", out var selector, out var error).ShouldBeTrue(error);
            selector!.Matches(labels).ShouldBeTrue();
        }).QuickCheckThrowOnFailure();

    private static string Escape(string text) => string.Concat(text.Select(c => $"\\{c}"));
}
