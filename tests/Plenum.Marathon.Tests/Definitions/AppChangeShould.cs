using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Tests.Definitions;

public sealed class AppChangeShould
{
    private static readonly AppDefinition Stored = new()
    {
        Id = PathId.Parse("/a"),
        Cmd = "run",
        Labels = ValueMap<string>.From([KeyValuePair.Create("k", "v")]),
        Version = Timestamp.Parse("2020-01-01T00:00:00.001Z"),
    };

    [Fact]
    public void Be_none_when_only_versions_differ() =>
        Stored.ChangeTo(Stored with { Version = default, VersionInfo = null, Labels = ValueMap<string>.From([KeyValuePair.Create("k", "v")]) })
            .ShouldBe(AppChange.None);

    [Fact]
    public void Be_a_scaling_when_only_the_count_differs() =>
        Stored.ChangeTo(Stored with { Instances = 7 }).ShouldBe(AppChange.Scale);

    [Fact]
    public void Spare_the_instances_when_only_the_rules_about_them_differ() =>
        Stored.ChangeTo(Stored with { Instances = 7, KillSelection = KillSelection.OldestFirst, UnreachableStrategy = UnreachableStrategy.Disabled })
            .ShouldBe(AppChange.Policy);

    [Fact]
    public void Need_new_instances_for_everything_that_they_were_started_with()
    {
        Stored.ChangeTo(Stored with { Cmd = "walk" }).ShouldBe(AppChange.Restart);
        Stored.ChangeTo(Stored with { Labels = ValueMap<string>.Empty }).ShouldBe(AppChange.Restart);
        Stored.ChangeTo(Stored with { Cmd = "walk", Instances = 7 }).ShouldBe(AppChange.Restart);
    }
}
