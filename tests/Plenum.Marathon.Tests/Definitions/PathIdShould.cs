using FsCheck;
using FsCheck.Fluent;
using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Tests.Definitions;

public sealed class PathIdShould
{
    [Theory]
    [InlineData("/prod/web", "/prod/web")]
    [InlineData("web", "/prod/web")]
    [InlineData("../db", "/db")]
    [InlineData("./web", "/prod/web")]
    [InlineData("/prod//web/", "/prod/web")]
    [InlineData("..", "/")]
    [InlineData("a.b-c.d1", "/prod/a.b-c.d1")]
    public void Resolve_against_the_group_a_reference_is_made_in(string reference, string expected)
    {
        PathId.TryResolve(reference, PathId.Parse("/prod"), out var path, out var error).ShouldBeTrue(error);
        path.Text.ShouldBe(expected);
    }

    [Theory]
    [InlineData("/Prod")]
    [InlineData("/a_b")]
    [InlineData("/-a")]
    [InlineData("/a-")]
    [InlineData("/a..b")]
    [InlineData("/a.-b")]
    [InlineData("/.a")]
    [InlineData("/a-.b")]
    [InlineData("/a b")]
    [InlineData("/../..")]
    public void Refuse_what_is_no_path_of_DNS_labels(string text) =>
        PathId.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void Refuse_a_path_that_is_too_long() =>
        PathId.TryParse("/" + new string('a', PathId.MaxLength), out _).ShouldBeFalse();

    [Fact]
    public void Turn_back_from_its_safe_form_for_any_path() =>
        Prop.ForAll<int>(seed =>
        {
            var path = new AppGenerator(seed).Path();
            PathId.FromSafePath(path.SafePath).ShouldBe(path);
            path.Parent.Child(path.Name).ShouldBe(path);
            path.IsWithin(path.Parent).ShouldBeTrue();
            path.IsWithin(path.TopLevel).ShouldBeTrue();
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Print_reversed_as_the_name_in_DNS() => PathId.Parse("/prod/eu/web").DnsName.ShouldBe("web.eu.prod");

    [Fact]
    public void Not_take_a_name_that_only_begins_alike_for_a_child()
    {
        PathId.Parse("/product").IsWithin(PathId.Parse("/prod")).ShouldBeFalse();
        PathId.Parse("/prod/a").IsWithin(PathId.Parse("/prod")).ShouldBeTrue();
        PathId.Parse("/prod").IsWithin(PathId.Root).ShouldBeTrue();
        PathId.Root.IsWithin(PathId.Parse("/prod")).ShouldBeFalse();
    }

    [Fact]
    public void Equal_the_root_by_default() => default(PathId).ShouldBe(PathId.Parse("/"));
}
