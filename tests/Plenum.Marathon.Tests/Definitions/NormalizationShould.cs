using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Tests.Definitions;

public sealed class NormalizationShould
{
    [Fact]
    public void Give_a_host_mode_app_one_port_unless_it_says_otherwise()
    {
        Define.App("""{"id": "a", "cmd": "run"}""").PortDefinitions.ShouldBe([new PortDefinition(0) { Name = "default" }]);
        Define.App("""{"id": "a", "cmd": "run", "portDefinitions": []}""").PortDefinitions.ShouldBeEmpty();
        Define.App("""{"id": "a", "cmd": "run", "portDefinitions": null}""").PortDefinitions.Count.ShouldBe(1);
    }

    [Fact]
    public void Turn_old_ports_and_uris_into_port_definitions_and_artifacts()
    {
        var app = Define.App(
            """{"id": "a", "cmd": "run", "ports": [8080, 0], "uris": ["http://h/x.tar.gz", "http://h/x.sh"]}""");

        app.PortDefinitions.ShouldBe([new PortDefinition(8080), new PortDefinition(0)]);
        app.Fetch.ShouldBe(
            [new FetchArtifact("http://h/x.tar.gz") { Extract = true }, new FetchArtifact("http://h/x.sh") { Extract = false }]);
    }

    [Fact]
    public void Accept_both_old_and_new_form_where_an_old_answer_comes_back_and_refuse_them_where_they_differ()
    {
        Define.App("""{"id": "a", "cmd": "run", "ports": [80], "portDefinitions": [{"port": 80, "name": "web"}]}""")
            .PortDefinitions[0].Name.ShouldBe("web");
        Define.Complaints("""{"id": "a", "cmd": "run", "ports": [81], "portDefinitions": [{"port": 80}]}""")
            .ShouldContainKey("/ports");
    }

    [Theory]
    [InlineData("HOST", "Host")]
    [InlineData("BRIDGE", "Bridge")]
    [InlineData("USER", "Container")]
    [InlineData("bridge", "Bridge")]
    public void Turn_the_docker_network_into_a_network(string legacy, string expected) =>
        Legacy(legacy).Networks[0].Mode.ToString().ShouldBe(expected);

    [Fact]
    public void Turn_docker_port_mappings_into_container_port_mappings_with_a_random_host_port()
    {
        var mapping = Legacy("BRIDGE").PortMappings.ShouldHaveSingleItem();

        mapping.ContainerPort.ShouldBe(8080);
        mapping.HostPort.ShouldBe(0);
        mapping.Protocol.ShouldBe(PortProtocol.Tcp);
    }

    [Fact]
    public void Give_a_container_mode_mapping_no_host_port_unless_it_asks_for_one()
    {
        var app = Define.App(
            """
            {"id": "a", "cmd": "run", "networks": [{"mode": "container", "name": "dcos"}],
             "container": {"type": "MESOS", "portMappings": [{"containerPort": 80}, {"containerPort": 81, "hostPort": 0}]}}
            """);

        app.PortMappings.Select(mapping => mapping.HostPort ?? -1).ShouldBe([-1, 0]);
    }

    [Fact]
    public void Turn_the_old_ip_address_into_a_container_network_with_its_discovery_ports()
    {
        var app = Define.App(
            """
            {"id": "a", "cmd": "run", "container": {"type": "MESOS"},
             "ipAddress": {"networkName": "dcos", "labels": {"k": "v"},
               "discovery": {"ports": [{"number": 80, "name": "http", "protocol": "tcp"}]}}}
            """);

        app.Networks.ShouldHaveSingleItem().ShouldBe(
            new Network(NetworkMode.Container) { Name = "dcos", Labels = ValueMap<string>.From([KeyValuePair.Create("k", "v")]) });
        app.PortMappings.ShouldBe([new PortMapping(80) { Name = "http" }]);
    }

    [Fact]
    public void Name_the_default_network_where_an_app_names_none()
    {
        const string json = """{"id": "a", "cmd": "run", "networks": [{}], "container": {"type": "MESOS"}}""";

        Define.App(json, Define.Everything with { DefaultNetworkName = "overlay" }).Networks[0].Name.ShouldBe("overlay");
        Define.Complaints(json).ShouldContainKey("/networks(0)/name");
    }

    [Fact]
    public void Forget_required_ports_outside_host_mode() =>
        Legacy("BRIDGE", "\"requirePorts\": true,").RequirePorts.ShouldBeFalse();

    [Fact]
    public void Choose_the_strategies_that_fit_the_kind_of_app()
    {
        var plain = Define.App("""{"id": "a", "cmd": "run"}""");
        plain.UpgradeStrategy.ShouldBe(new UpgradeStrategy(1, 1));
        plain.UnreachableStrategy.ShouldBe(new UnreachableStrategy());

        var resident = Define.App(Resident);
        resident.UpgradeStrategy.ShouldBe(new UpgradeStrategy(0.5, 0));
        resident.UnreachableStrategy.IsDisabled.ShouldBeTrue();
        resident.Residency.ShouldBe(new Residency());

        var single = Define.App("""{"id": "a", "cmd": "run", "labels": {"MARATHON_SINGLE_INSTANCE_APP": "true"}}""");
        single.UpgradeStrategy.ShouldBe(new UpgradeStrategy(0, 0));
    }

    [Fact]
    public void Address_the_first_port_where_a_health_check_names_none()
    {
        var checks = Define.App(
            """
            {"id": "a", "cmd": "run", "healthChecks": [{}, {"protocol": "COMMAND", "command": {"value": "true"}},
             {"protocol": "TCP", "port": 8080}]}
            """).HealthChecks;

        checks[0].PortIndex.ShouldBe(0);
        checks[0].Protocol.ShouldBe(HealthCheckProtocol.Http);
        checks[1].PortIndex.ShouldBeNull();
        checks[2].PortIndex.ShouldBeNull();
    }

    [Fact]
    public void Read_enumerations_in_any_case_and_ignore_what_it_does_not_know()
    {
        var app = Define.App(
            """
            {"id": "a", "cmd": "run", "killSelection": "oldest_first", "constraints": [["hostname", "unique", ""]],
             "instnaces": 3, "docker": {}}
            """);

        app.KillSelection.ShouldBe(KillSelection.OldestFirst);
        app.Constraints.ShouldBe([new Constraint("hostname", ConstraintOperator.Unique)]);
        app.Instances.ShouldBe(1);
    }

    private const string Resident =
        """
        {"id": "a", "cmd": "run", "container": {"type": "MESOS",
         "volumes": [{"containerPath": "data", "persistent": {"size": 10}}]}}
        """;

    private static AppDefinition Legacy(string network, string more = "") => Define.App(
        $$"""
        {"id": "/a", "cmd": "run", {{more}} "container": {"type": "DOCKER", "docker": {"image": "x", "network": "{{network}}"
         {{(network == "HOST" ? "" : ", \"portMappings\": [{\"containerPort\": 8080}]")}} } } }
        """,
        Define.Everything with { DefaultNetworkName = "dcos" });
}
