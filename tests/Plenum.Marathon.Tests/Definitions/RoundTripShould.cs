using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Reading;
using Plenum.Marathon.Definitions.Writing;

namespace Plenum.Marathon.Tests.Definitions;

public sealed class RoundTripShould
{
    [Fact]
    public void Read_back_exactly_what_was_written_for_any_definition() =>
        Prop.ForAll<int>(seed =>
        {
            var app = new AppGenerator(seed).App();
            StoredApp.Parse(AppWriter.ToJson(app)).ShouldBe(app, $"seed {seed}");
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Tell_any_two_different_definitions_apart() =>
        Prop.ForAll<int, int>((first, second) =>
        {
            var left = new AppGenerator(first).App();
            var right = new AppGenerator(second).App();
            (left == right).ShouldBe(AppWriter.ToJson(left).AsSpan().SequenceEqual(AppWriter.ToJson(right)), $"seeds {first}, {second}");
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Print_the_members_that_clients_expect_even_when_they_are_empty()
    {
        var app = Define.App("""{"id": "/a", "cmd": "sleep 1"}""");

        var members = Members(app);

        members.ShouldBe(
            [
                "id", "cmd", "instances", "cpus", "mem", "disk", "gpus", "executor", "networks", "portDefinitions",
                "requirePorts", "backoffFactor", "backoffSeconds", "maxLaunchDelaySeconds", "upgradeStrategy",
                "unreachableStrategy", "killSelection", "labels", "role", "version",
            ],
            ignoreOrder: true);
    }

    [Fact]
    public void Print_doubles_with_a_fraction_and_integers_without()
    {
        var text = Json("""{"id": "/a", "cmd": "sleep 1", "cpus": 1, "mem": 128, "disk": 0.5, "backoffFactor": 2}""");

        text.ShouldContain("\"cpus\":1.0,");
        text.ShouldContain("\"mem\":128.0,");
        text.ShouldContain("\"disk\":0.5,");
        text.ShouldContain("\"backoffFactor\":2.0,");
        text.ShouldContain("\"instances\":1,");
    }

    [Fact]
    public void Print_tenths_as_they_were_written() =>
        Json("""{"id": "/a", "cmd": "sleep 1", "cpus": 0.1, "mem": 1e7}""").ShouldContain("\"cpus\":0.1,\"mem\":10000000.0");

    [Fact]
    public void Leave_port_mappings_out_in_host_mode_and_print_volumes_and_parameters_even_when_empty()
    {
        var text = Json("""{"id": "/a", "container": {"type": "DOCKER", "docker": {"image": "nginx"}}}""");

        text.ShouldContain("\"volumes\":[]");
        text.ShouldContain("\"parameters\":[]");
        text.ShouldNotContain("portMappings");
    }

    [Fact]
    public void Never_print_what_only_old_clients_send()
    {
        var members = Members(Define.App(
            """
            {"id": "/a", "cmd": "run", "uris": ["http://h/a.tgz"], "ports": [0, 8080], "requirePorts": true}
            """));

        members.ShouldNotContain("uris");
        members.ShouldNotContain("ports");
        members.ShouldContain("fetch");
        members.ShouldContain("portDefinitions");
    }

    private static string Json(string json) =>
        System.Text.Encoding.UTF8.GetString(AppWriter.ToJson(Define.App(json)));

    private static IReadOnlyList<string> Members(AppDefinition app)
    {
        using var document = JsonDocument.Parse(AppWriter.ToJson(app));
        return [.. document.RootElement.EnumerateObject().Select(property => property.Name)];
    }
}
