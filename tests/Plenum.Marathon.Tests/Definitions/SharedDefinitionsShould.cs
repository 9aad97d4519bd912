using System.Text.Json.Nodes;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Reading;
using Plenum.Marathon.Definitions.Validation;

namespace Plenum.Marathon.Tests.Definitions;

/// <summary>Definitions that people had running, and the examples of Marathon's documentation.</summary>
public sealed class SharedDefinitionsShould
{
    [SharedDataTheory]
    [InlineData("app-check-http-example.json")]
    [InlineData("system/apps-docker-http-server.json")]
    [InlineData("system/apps-external-volume-mesos-app.json")]
    [InlineData("system/apps-healthcheck-and-volume.json")]
    [InlineData("system/apps-ipv6-healthcheck.json")]
    [InlineData("system/apps-mesos-app.json")]
    [InlineData("system/apps-pinger-bridge-app.json")]
    [InlineData("system/apps-pinger-localhost-app.json")]
    [InlineData("system/apps-private-ucr-docker-app.json")]
    [InlineData("system/apps-resident-docker-app.json")]
    [InlineData("system/apps-ucr-docker-http-server.json")]
    public void Be_valid_apps_that_come_back_as_they_are_stored(string file)
    {
        var app = Define.App(File.ReadAllText(SharedData.Path(file)));

        StoredApp.Parse(Plenum.Marathon.Definitions.Writing.AppWriter.ToJson(app)).ShouldBe(app);
    }

    [SharedDataTheory]
    [InlineData("apps_create.json")]
    [InlineData("apps_patch.json")]
    public void Be_readable_lists_of_updates(string file)
    {
        var parsed = DefinitionDocument.Read(
            SharedData.Read(file),
            field => field.List(app => AppReader.Read(app, PathId.Root)) ?? []);

        parsed.Failure.ShouldBeNull();
        parsed.Value!.Count.ShouldBe(2);
    }

    [SharedDataFact]
    public void Be_acceptable_when_an_answer_of_an_old_release_comes_back_as_a_request()
    {
        var old = JsonNode.Parse(SharedData.Read("app_list.json"))!["apps"]![0]!.ToJsonString();

        var app = Define.App(old);

        app.Constraints.ShouldBe([new Constraint("hostname", ConstraintOperator.Unique)]);
        app.PortDefinitions.Select(port => port.Port).ShouldBe([10013, 10015]);
        app.Fetch.ShouldHaveSingleItem().Extract.ShouldBeFalse();
    }

    [SharedDataFact]
    public void Be_refused_for_its_contradictions_where_the_documentation_shows_every_field_at_once()
    {
        var text = File.ReadAllText(SharedData.Path("app.json"));
        Define.Complaints(text).Keys.ShouldContain("/ipAddress");

        // Without what excludes each other it is an app.
        var app = JsonNode.Parse(text)!.AsObject();
        foreach (var contradiction in new[] { "args", "ipAddress", "portDefinitions", "acceptedResourceRoles" })
        {
            app.Remove(contradiction);
        }

        app["env"]!["PASSWORD"]!["secret"] = "secret1";
        Define.App(app.ToJsonString()).Secrets.Count.ShouldBe(2);
    }

    [SharedDataFact]
    public void Become_a_group_with_everything_that_the_document_lists()
    {
        var root = BuildGroup("group.json", out var violations);

        violations.Any.ShouldBeFalse(violations.ToString());
        root.AllApps.Select(app => app.Id.Text)
            .ShouldBe(["/tools/datadog-agent", "/tools/oauth-server", "/tools/docker/registry"], ignoreOrder: true);
        root.FindApp(PathId.Parse("/tools/docker/registry"))!.PortMappings[0].ServicePort.ShouldBe(5000);
    }

    [SharedDataTheory]
    [InlineData("large/group-100.json", 100)]
    [InlineData("large/group-1000.json", 1000)]
    public void Become_a_large_group(string file, int count)
    {
        var group = BuildGroup(file, out var violations);

        violations.Any.ShouldBeFalse(violations.ToString());
        group.Apps.Count.ShouldBe(count);
    }

    private static Group BuildGroup(string file, out Violations violations)
    {
        var parsed = DefinitionDocument.Read(SharedData.Read(file), field => GroupReader.Read(field, PathId.Root));
        parsed.Failure.ShouldBeNull();
        violations = new Violations();
        return new GroupBuilder(Define.Everything, Group.EmptyRoot)
            .Build(parsed.Value!, new Report(violations, FieldPath.Root));
    }
}
