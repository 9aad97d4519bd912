using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Tests.Definitions;

public sealed class GroupShould
{
    private static readonly Timestamp First = Timestamp.Parse("2020-01-01T00:00:00.001Z");
    private static readonly Timestamp Second = Timestamp.Parse("2020-01-01T00:00:00.002Z");

    [Fact]
    public void Make_parent_groups_on_demand_and_find_what_is_in_them()
    {
        var root = Group.EmptyRoot.WithApp(App("/a/b/c"), First);

        root.FindApp(PathId.Parse("/a/b/c")).ShouldNotBeNull();
        root.FindGroup(PathId.Parse("/a/b")).ShouldNotBeNull();
        root.FindApp(PathId.Parse("/a/b")).ShouldBeNull();
        root.AllApps.Count().ShouldBe(1);
        root.AllGroups.Select(group => group.Id.Text).ShouldBe(["/a", "/a/b"]);
    }

    [Fact]
    public void Stamp_the_ancestors_of_a_change_and_nothing_beside_them()
    {
        var root = Group.EmptyRoot.WithApp(App("/a/b/x"), First).WithApp(App("/a/c/y"), First);

        var next = root.WithApp(App("/a/b/z"), Second);

        Version(next, "/").ShouldBe(Second);
        Version(next, "/a").ShouldBe(Second);
        Version(next, "/a/b").ShouldBe(Second);
        Version(next, "/a/c").ShouldBe(First);
        next.FindGroup(PathId.Parse("/a/c")).ShouldBeSameAs(root.FindGroup(PathId.Parse("/a/c")));
    }

    [Fact]
    public void Let_an_empty_group_give_way_to_an_app_of_its_path()
    {
        var root = Group.EmptyRoot.WithGroup(new Group(PathId.Parse("/a")), First);

        var next = root.WithApp(App("/a"), Second);

        next.FindGroup(PathId.Parse("/a")).ShouldBeNull();
        next.FindApp(PathId.Parse("/a")).ShouldNotBeNull();
    }

    [Fact]
    public void Keep_a_group_that_lost_its_last_app()
    {
        var root = Group.EmptyRoot.WithApp(App("/a/b"), First).WithoutApp(PathId.Parse("/a/b"), Second);

        root.FindGroup(PathId.Parse("/a")).ShouldNotBeNull();
        Version(root, "/a").ShouldBe(Second);
    }

    private static Timestamp Version(Group root, string path) => root.FindGroup(PathId.Parse(path))!.Version;

    private static AppDefinition App(string id) => new() { Id = PathId.Parse(id), Cmd = "sleep 1" };
}
