using System.Text;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Reading;
using Plenum.Marathon.Definitions.Validation;
using Plenum.Marathon.Definitions.Writing;

namespace Plenum.Marathon.Tests.Definitions;

public sealed class DaemonShould
{
    private const string Daemon = """{"id": "/a", "cmd": "x", "mode": "daemon"}""";

    [Fact]
    public void Be_shown_with_its_mode_and_let_the_agents_count_its_instances()
    {
        var app = Define.App("""{"id": "/a", "cmd": "x", "mode": "DAEMON", "instances": 7}""");
        app.IsDaemon.ShouldBeTrue();
        app.UpgradeStrategy.ShouldBe(UpgradeStrategy.Daemon);
        Encoding.UTF8.GetString(AppWriter.ToJson(app with { Instances = 4 })).ShouldContain("\"instances\":4,\"mode\":\"daemon\"");
        Encoding.UTF8.GetString(AppWriter.ToJson(Define.App("""{"id": "/a", "cmd": "x", "mode": "service"}"""))).ShouldNotContain("mode\":\"service");
    }

    [Fact]
    public void Keep_the_count_of_the_agents_when_it_is_sent_again_and_refuse_another()
    {
        var known = Define.App(Daemon) with { Instances = 4 };
        var (same, nothing) = Update(known, """{"id": "/a", "cmd": "x", "mode": "daemon", "instances": 9}""");
        nothing.Any.ShouldBeFalse();
        same.Instances.ShouldBe(4);
        Update(known, """{"instances": 4}""").Violations.Any.ShouldBeFalse();
        Update(known, """{"cmd": "y"}""").App.IsDaemon.ShouldBeTrue();
        Update(known, """{"instances": 5}""").Violations.ByPath.Select(entry => entry.Key).ShouldBe(["/instances"]);
        var (service, _) = Update(known, """{"mode": "service", "instances": 2}""");
        (service.IsDaemon, service.Instances).ShouldBe((false, 2));
    }

    [Theory]
    [InlineData("""["rack", "GROUP_BY"]""")]
    [InlineData("""["rack", "MAX_PER", "2"]""")]
    [InlineData("""["rack", "UNIQUE"]""")]
    [InlineData("""["rack", "CLUSTER"]""")]
    public void Choose_its_agents_by_what_they_are(string constraint) =>
        Define.Complaints(Daemon.Replace("}", $", \"constraints\": [{constraint}]}}", StringComparison.Ordinal))
            .Keys.ShouldBe(["/constraints(0)"]);

    [Theory]
    [InlineData("""["rack", "CLUSTER", "a"]""")]
    [InlineData("""["rack", "UNLIKE", "a.*"]""")]
    [InlineData("""["hostname", "UNIQUE"]""")]
    public void Take_constraints_of_one_agent(string constraint) =>
        Define.App(Daemon.Replace("}", $", \"constraints\": [{constraint}]}}", StringComparison.Ordinal)).IsDaemon.ShouldBeTrue();

    [Fact]
    public void Have_no_volumes_that_stay_on_an_agent() =>
        Define.Complaints("""
            {"id": "/a", "cmd": "x", "mode": "daemon", "container": {"type": "MESOS", "volumes":
              [{"containerPath": "d", "mode": "RW", "persistent": {"size": 10}}]}}
            """).Keys.ShouldContain("/container/volumes");

    [Fact]
    public void Be_a_pod_of_the_kind_too()
    {
        var parsed = DefinitionDocument.Read(
            """{"id": "/p", "scaling": {"kind": "daemon", "instances": 3}, "containers": [{"name": "c", "exec": {"command": {"shell": "x"}}, "resources": {"cpus": 1, "mem": 32}}]}"""u8.ToArray(),
            PodReader.Read);
        var pod = PodBuilder.Build(parsed.Value!, Define.Everything, "*");
        (pod.IsDaemon, pod.Instances).ShouldBe((true, 0));
        Encoding.UTF8.GetString(PodWriter.ToJson(pod)).ShouldContain("""
            "scaling":{"kind":"daemon","instances":0}
            """.Trim());
    }

    private static (AppDefinition App, Violations Violations) Update(AppDefinition known, string json)
    {
        var parsed = DefinitionDocument.Read(Encoding.UTF8.GetBytes(json), field => AppReader.Read(field, PathId.Root, known.Id));
        var violations = new Violations();
        var app = AppBuilder.Build(
            parsed.Value!, known.Id, known, Define.Everything, "*", new Report(violations, FieldPath.Root));
        return (app, violations);
    }
}
