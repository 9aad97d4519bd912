using Google.Protobuf;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.LaunchQueue;
using Plenum.Marathon.Tests.Core;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using HealthCheck = Plenum.Marathon.Definitions.HealthCheck;

namespace Plenum.Marathon.Tests.Matching;

public sealed class OfferMatchingTests
{
    private readonly CoreHarness _cluster = CoreHarness.Connected();

    [Fact]
    public void An_offer_counts_at_its_first_reason_and_the_funnel_shows_all_rows()
    {
        _cluster.Put(CoreHarness.App() with { Cpus = 2, Mem = 1000, PortDefinitions = [new PortDefinition(0)] });
        _cluster.GiveOffers(_cluster.Offer("a", cpus: 1, mem: 10));
        _cluster.GiveOffers(_cluster.Offer("b", cpus: 4, mem: 10));
        _cluster.GiveOffers(_cluster.Offer("b", cpus: 4, mem: 20));

        var item = _cluster.State.Queue.Single();
        item.ProcessedOffers.ShouldBe(3);
        item.UnusedOffers.ShouldBe(3);
        item.RejectSummaryLaunchAttempt.Length.ShouldBe(10);
        Row(item.RejectSummaryLaunchAttempt, RejectReason.UnfulfilledRole).ShouldBe((0, 3));
        Row(item.RejectSummaryLaunchAttempt, RejectReason.InsufficientCpus).ShouldBe((1, 3));
        Row(item.RejectSummaryLaunchAttempt, RejectReason.InsufficientMemory).ShouldBe((2, 2));
        Row(item.RejectSummaryLaunchAttempt, RejectReason.InsufficientPorts).ShouldBe((0, 0));

        // Only the latest offer of each agent.
        Row(item.RejectSummaryLastOffers, RejectReason.InsufficientMemory).ShouldBe((1, 1));
        item.LastUnusedOffers.Length.ShouldBe(2);
        item.LastUnusedOffers[^1].Reasons.ShouldBe([RejectReason.InsufficientCpus, RejectReason.InsufficientMemory]);

        var decline = _cluster.CallsOf(Call.Types.Type.Decline)[0].Decline;
        decline.Filters.RefuseSeconds.ShouldBe(120);
    }

    [Fact]
    public void An_agent_under_maintenance_is_not_used_and_counts_as_a_constraint()
    {
        _cluster.Put(CoreHarness.App());
        _cluster.GiveOffers(_cluster.Offer(change: offer => offer.Unavailability = new Unavailability
        {
            Start = new TimeInfo { Nanoseconds = (_cluster.Now.ToUnixTimeSeconds() - 10) * 1_000_000_000 },
        })).ShouldBeEmpty();
        var item = _cluster.State.Queue.Single();
        item.LastUnusedOffers.Single().Reasons.ShouldBe([RejectReason.UnfulfilledConstraint, RejectReason.AgentMaintenance]);
        Row(item.RejectSummaryLaunchAttempt, RejectReason.UnfulfilledConstraint).Declined.ShouldBe(1);
        Row(item.RejectSummaryLaunchAttempt, RejectReason.AgentMaintenance).Declined.ShouldBe(0);
    }

    [Fact]
    public void Maintenance_that_begins_later_does_not_matter_now()
    {
        _cluster.Put(CoreHarness.App());
        _cluster.GiveOffers(_cluster.Offer(change: offer => offer.Unavailability = new Unavailability
        {
            Start = new TimeInfo { Nanoseconds = (_cluster.Now.ToUnixTimeSeconds() + 100) * 1_000_000_000 },
        })).Count.ShouldBe(1);
    }

    [Fact]
    public void Gpus_are_kept_for_who_uses_them()
    {
        _cluster.Put(CoreHarness.App());
        Offer WithGpu() => _cluster.Offer(change: offer => offer.Resources.Add(CoreHarness.Scalar("gpus", 1)));
        _cluster.GiveOffers(WithGpu()).ShouldBeEmpty();
        _cluster.State.Queue.Single().LastUnusedOffers.Single().Reasons.ShouldBe([RejectReason.DeclinedScarceResources]);
        _cluster.Put(CoreHarness.App("/greedy") with
        {
            Labels = ValueMap<string>.From([new("GPU_SCHEDULING_BEHAVIOR", "unrestricted")]),
        });
        _cluster.GiveOffers(WithGpu()).Single().Name.ShouldBe("greedy");
    }

    [Fact]
    public void Accepted_roles_decide_which_resources_are_taken_and_reserved_ones_go_first()
    {
        // An offer to role "prod": 1 cpu reserved to it, 4 unreserved.
        Offer ToProd() => _cluster.Offer(change: offer =>
        {
            offer.AllocationInfo.Role = "prod";
            var reserved = CoreHarness.Scalar("cpus", 1);
            reserved.Reservations.Add(new Resource.Types.ReservationInfo
            {
                Type = Resource.Types.ReservationInfo.Types.Type.Static,
                Role = "prod",
            });
            offer.Resources.Add(reserved);
        });

        _cluster.Put(CoreHarness.App() with { Role = "prod", Cpus = 1.5 });
        _cluster.CallsOf(Call.Types.Type.UpdateFramework).Single().UpdateFramework.FrameworkInfo.Roles.ShouldContain("prod");
        _cluster.GiveOffers(_cluster.Offer()).ShouldBeEmpty("an offer to another role is not its business");
        var cpus = _cluster.GiveOffers(ToProd()).Single().Resources.Where(resource => resource.Name == "cpus").ToList();
        cpus.Select(resource => (resource.Reservations.Count, resource.Scalar.Value)).ShouldBe([(1, 1.0), (0, 0.5)]);

        _cluster.Put(CoreHarness.App("/picky") with { Role = "prod", AcceptedResourceRoles = ["nobody"] });
        _cluster.GiveOffers(ToProd()).ShouldBeEmpty();
        _cluster.State.Queue.Single().LastUnusedOffers.Single().Reasons[0].ShouldBe(RejectReason.UnfulfilledRole);
    }

    [Fact]
    public void A_burst_is_spread_over_the_agents_at_hand()
    {
        _cluster.Put(CoreHarness.App(instances: 20));
        var tasks = _cluster.GiveOffers(_cluster.Offer("a"), _cluster.Offer("b"));
        tasks.Count.ShouldBe(20);
        tasks.GroupBy(task => task.AgentId.Value).Select(group => group.Count()).ShouldBe([10, 10]);
    }

    [Fact]
    public void No_resource_of_an_offer_is_given_away_twice()
    {
        _cluster.Put(CoreHarness.App(instances: 100) with { Cpus = 0.3, PortDefinitions = [new PortDefinition(0), new PortDefinition(0)] });
        var tasks = _cluster.GiveOffers(_cluster.Offer(cpus: 2, ports: (31000, 31009)));
        tasks.Count.ShouldBe(5, "ten ports, two for each");
        tasks.Sum(task => Cpu(task)).ShouldBeLessThanOrEqualTo(2);
        var ports = tasks.SelectMany(task => task.Discovery.Ports.Ports_).Select(port => port.Number).ToList();
        ports.Distinct().Count().ShouldBe(10);
        ports.ShouldAllBe(port => port >= 31000 && port <= 31009);

        static double Cpu(TaskInfo task) => task.Resources.Where(resource => resource.Name == "cpus").Sum(resource => resource.Scalar.Value);
    }

    [Fact]
    public void Required_ports_are_taken_as_they_are_or_not_at_all()
    {
        _cluster.Put(CoreHarness.App() with { RequirePorts = true, PortDefinitions = [new PortDefinition(31005)] });
        _cluster.GiveOffers(_cluster.Offer(ports: (31006, 31010))).ShouldBeEmpty();
        _cluster.State.Queue.Single().LastUnusedOffers.Single().Reasons.ShouldBe([RejectReason.InsufficientPorts]);
        _cluster.GiveOffers(_cluster.Offer(ports: (31000, 31010))).Single()
            .Discovery.Ports.Ports_.Single().Number.ShouldBe(31005u);
    }

    [Fact]
    public void A_task_carries_its_environment_ports_labels_and_policies()
    {
        _cluster.Put(CoreHarness.App("/prod/web") with
        {
            Cmd = "serve $PORT0",
            Cpus = 0.5,
            User = "nobody",
            TaskKillGracePeriodSeconds = 7,
            PortDefinitions = [new PortDefinition(0) { Name = "http-api", Protocol = PortProtocol.UdpAndTcp }, new PortDefinition(12345)],
            Labels = ValueMap<string>.From([new("team.name", "blue"), new("long", new string('x', 512))]),
            Env = ValueMap<EnvironmentValue>.From([new("HOST", EnvironmentValue.Of("mine")), new("A", EnvironmentValue.Of("1"))]),
            Fetch = [new FetchArtifact("file:///a.tgz") { DestPath = "b" }],
            HealthChecks = [new HealthCheck { Protocol = HealthCheckProtocol.MesosHttp, Path = "/health", PortIndex = 0, MaxConsecutiveFailures = 0 }],
            ResourceLimits = new ResourceLimits(double.PositiveInfinity, 64),
        });
        var task = _cluster.GiveOffers(_cluster.Offer()).Single();

        task.Name.ShouldBe("web.prod");
        task.TaskId.Value.ShouldMatch(@"^prod_web\.instance-[0-9a-f-]{36}\._app\.1$");
        task.KillPolicy.GracePeriod.Nanoseconds.ShouldBe(7_000_000_000);
        task.Command.Shell.ShouldBeTrue();
        task.Command.Value.ShouldBe("serve $PORT0");
        task.Command.User.ShouldBe("nobody");
        task.Command.Uris.Single().OutputFile.ShouldBe("b");
        task.Container.ShouldBeNull();
        task.Limits["cpus"].Value.ShouldBe(double.PositiveInfinity);
        task.Limits["mem"].Value.ShouldBe(64);
        task.IsInitialized().ShouldBeTrue();

        var ports = task.Discovery.Ports.Ports_;
        ports.Select(port => port.Protocol).ShouldBe(["udp", "tcp", "tcp"]);
        var environment = task.Command.Environment.Variables.ToDictionary(variable => variable.Name, variable => variable.Value);
        environment["PORT0"].ShouldBe($"{ports[0].Number}");
        environment["PORT"].ShouldBe($"{ports[0].Number}");
        environment["PORTS"].ShouldBe($"{ports[0].Number},{ports[2].Number}");
        environment["PORT_HTTP-API"].ShouldBe($"{ports[0].Number}");
        environment["PORT_12345"].ShouldBe($"{ports[2].Number}");
        environment["HOST"].ShouldBe("mine", "the user's own variable wins for apps");
        environment["MARATHON_APP_ID"].ShouldBe("/prod/web");
        environment["MARATHON_APP_RESOURCE_CPUS"].ShouldBe("0.5");
        environment["MARATHON_APP_RESOURCE_MEM"].ShouldBe("16.0");
        environment["MARATHON_APP_LABELS"].ShouldBe("TEAM_NAME");
        environment["MARATHON_APP_LABEL_TEAM_NAME"].ShouldBe("blue");
        environment["MESOS_TASK_ID"].ShouldBe(task.TaskId.Value);
        environment.ShouldNotContainKey("MARATHON_APP_LABEL_LONG");

        task.HealthCheck.Http.Port.ShouldBe(ports[0].Number);
        task.HealthCheck.Http.Path.ShouldBe("/health");
        task.HealthCheck.ConsecutiveFailures.ShouldBe(0u);
    }

    [Fact]
    public void Arguments_without_an_image_begin_with_the_program()
    {
        _cluster.Put(CoreHarness.App() with { Cmd = null, Args = ["/bin/echo", "hello"] });
        var command = _cluster.GiveOffers(_cluster.Offer()).Single().Command;
        command.Shell.ShouldBeFalse();
        command.Value.ShouldBe("/bin/echo");
        command.Arguments.ShouldBe(["/bin/echo", "hello"]);
    }

    [Fact]
    public void An_image_goes_to_the_engine_that_was_asked_for()
    {
        _cluster.Put(CoreHarness.App("/docker") with { Container = new Container(ContainerEngine.Docker) { Docker = new DockerImage("nginx") } });
        _cluster.Put(CoreHarness.App("/ucr") with
        {
            Container = new Container(ContainerEngine.Mesos)
            {
                Docker = new DockerImage("nginx") { ForcePullImage = true },
                Volumes = [new Plenum.Marathon.Definitions.Volume.Host("/data", "/srv") { Mode = VolumeMode.ReadOnly }],
            },
        });
        var tasks = _cluster.GiveOffers(_cluster.Offer()).ToDictionary(task => task.Name);
        tasks["docker"].Container.Type.ShouldBe(ContainerInfo.Types.Type.Docker);
        tasks["docker"].Container.Docker.Image.ShouldBe("nginx");
        tasks["ucr"].Container.Type.ShouldBe(ContainerInfo.Types.Type.Mesos);
        tasks["ucr"].Container.Mesos.Image.Docker.Name.ShouldBe("nginx");
        tasks["ucr"].Container.Mesos.Image.Cached.ShouldBeFalse();
        tasks["ucr"].Container.Volumes.Single().HostPath.ShouldBe("/srv");
    }

    [Fact]
    public void Bridge_ports_show_the_host_port_in_the_environment_and_the_container_port_to_the_agent()
    {
        _cluster.Put(CoreHarness.App() with
        {
            Networks = [new Network(NetworkMode.Bridge)],
            Container = new Container(ContainerEngine.Mesos)
            {
                PortMappings = [new PortMapping(80) { HostPort = 0, Name = "http" }],
            },
            HealthChecks = [new HealthCheck { Protocol = HealthCheckProtocol.MesosTcp }],
        });
        var task = _cluster.GiveOffers(_cluster.Offer()).Single();
        var host = task.Discovery.Ports.Ports_.Single().Number;
        host.ShouldBeGreaterThanOrEqualTo(31000u);
        task.HealthCheck.Tcp.Port.ShouldBe(80u);
        var environment = task.Command.Environment.Variables.ToDictionary(variable => variable.Name, variable => variable.Value);
        environment["PORT0"].ShouldBe($"{host}");
        environment["PORT_80"].ShouldBe($"{host}");
        var mapping = task.Container.NetworkInfos.Single().PortMappings.Single();
        (mapping.HostPort, mapping.ContainerPort).ShouldBe((host, 80u));
    }

    [Fact]
    public void The_docker_engine_gets_its_mappings_rights_and_parameters_and_the_others_their_networks()
    {
        ValueList<PortMapping> mappings =
        [
            new PortMapping(80) { HostPort = 0, Protocol = PortProtocol.UdpAndTcp, Labels = ValueMap<string>.From([new("VIP_0", "/web:80")]) },
            new PortMapping(9090),
        ];
        _cluster.Put(CoreHarness.App("/docker") with
        {
            Networks = [new Network(NetworkMode.Bridge)],
            Container = new Container(ContainerEngine.Docker)
            {
                Docker = new DockerImage("nginx") { Privileged = true, Parameters = [new DockerParameter("cap-add", "NET_ADMIN")] },
                PortMappings = mappings.Select(mapping => mapping with { HostPort = mapping.HostPort ?? 0 }),
            },
        });
        _cluster.Put(CoreHarness.App("/two") with
        {
            Networks = [new Network(NetworkMode.Container) { Name = "front" }, new Network(NetworkMode.Container) { Name = "back", Labels = ValueMap<string>.From([new("a", "b")]) }],
            Container = new Container(ContainerEngine.Mesos)
            {
                PortMappings = [new PortMapping(80) { HostPort = 0, NetworkNames = ["back"] }, new PortMapping(9090) { NetworkNames = ["front"] }],
            },
        });
        var tasks = _cluster.GiveOffers(_cluster.Offer()).ToDictionary(task => task.Name);

        var docker = tasks["docker"].Container.Docker;
        docker.Network.ShouldBe(ContainerInfo.Types.DockerInfo.Types.Network.Bridge);
        docker.Privileged.ShouldBeTrue();
        docker.Parameters.Select(parameter => (parameter.Key, parameter.Value))
            .ShouldBe([("cap-add", "NET_ADMIN"), ("label", $"MESOS_TASK_ID={tasks["docker"].TaskId.Value}")]);
        docker.PortMappings.Select(mapping => (mapping.ContainerPort, mapping.Protocol)).ShouldBe([(80u, "udp"), (80u, "tcp"), (9090u, "tcp")]);
        tasks["docker"].Discovery.Ports.Ports_[0].Labels.Labels_.Select(label => (label.Key, label.Value))
            .ShouldBe([("VIP_0", "/web:80"), ("network-scope", "host")]);

        var networks = tasks["two"].Container.NetworkInfos;
        networks.Select(network => network.Name).ShouldBe(["front", "back"]);
        networks[0].PortMappings.ShouldBeEmpty();
        networks[1].PortMappings.Single().ContainerPort.ShouldBe(80u);
        networks[1].Labels.Labels_.Single().Key.ShouldBe("a");
        tasks["two"].Discovery.Ports.Ports_[1].Labels.Labels_.Select(label => (label.Key, label.Value))
            .ShouldBe([("network-scope", "container"), ("network-name", "front")]);
    }

    [Fact]
    public void Secrets_external_volumes_and_executors_are_named_to_the_agent()
    {
        _cluster.Put(CoreHarness.App("/outside") with
        {
            Executor = "/opt/custom",
            Secrets = ValueMap<string>.From([new("s", "/db/password")]),
            Env = ValueMap<EnvironmentValue>.From([new("PASSWORD", new EnvironmentValue.Secret("s"))]),
            Container = new Container(ContainerEngine.Mesos)
            {
                Volumes =
                [
                    new Plenum.Marathon.Definitions.Volume.Secret("pass", "s"),
                    new Plenum.Marathon.Definitions.Volume.Dvdi("data", "vol-1")
                    {
                        SizeGigabytes = 2,
                        Options = ValueMap<string>.From([new("dvdi/driver", "rexray"), new("dvdi/iops", " 100 "), new("dvdi/size", "9"), new("other", "x")]),
                    },
                ],
            },
        });
        var task = _cluster.GiveOffers(_cluster.Offer()).Single();

        task.Command.ShouldBeNull();
        task.Executor.Command.Value.ShouldBe("chmod ug+rx '/opt/custom' && exec '/opt/custom' sleep 1000");
        task.Data.ToStringUtf8().ShouldContain("\"/outside\"");
        task.Executor.Command.Environment.Variables.Single(variable => variable.Name == "PASSWORD").Secret.Reference.Name.ShouldBe("/db/password");
        var volumes = task.Executor.Container.Volumes;
        volumes[0].Source.Secret.Reference.Name.ShouldBe("/db/password");
        var docker = volumes[1].Source.DockerVolume;
        (docker.Driver, docker.Name).ShouldBe(("rexray", "vol-1"));
        docker.DriverOptions.Parameter.Select(parameter => (parameter.Key, parameter.Value)).ShouldBe([("iops", "100"), ("size", "2")]);
        task.IsInitialized().ShouldBeTrue();
    }

    [Fact]
    public void One_external_volume_belongs_to_one_app_unless_all_share_it()
    {
        AppDefinition On(string id, bool shared) => CoreHarness.App(id) with
        {
            Container = new Container(ContainerEngine.Mesos)
            {
                Volumes = [new Plenum.Marathon.Definitions.Volume.Dvdi("data", "vol-1") { Shared = shared }],
            },
        };
        _cluster.Put(On("/a", shared: true));
        _cluster.Put(On("/b", shared: true));
        _cluster.Update((root, version) => root.WithApp(On("/c", shared: false), version))
            .ShouldBeOfType<RootUpdateResult.Invalid>().Path.ShouldBe("/container/volumes");
    }

    [Fact]
    public void Gpus_that_no_offer_has_are_the_reason_why_an_app_waits()
    {
        _cluster.Put(CoreHarness.App() with { Gpus = 1 });
        _cluster.GiveOffers(_cluster.Offer()).ShouldBeEmpty();
        _cluster.State.Queue.Single().LastUnusedOffers.Single().Reasons.ShouldBe([RejectReason.InsufficientGpus]);
    }

    [Fact]
    public void Unique_hosts_hold_over_one_batch_of_offers()
    {
        _cluster.Put(CoreHarness.App(instances: 3) with { Constraints = [new Constraint("hostname", ConstraintOperator.Unique)] });
        _cluster.GiveOffers(_cluster.Offer("a"), _cluster.Offer("b")).Select(task => task.AgentId.Value)
            .ShouldBe(["a", "b"], ignoreOrder: true);
        _cluster.State.Queue.Single().Count.ShouldBe(1);
    }

    [Fact]
    public void Old_instances_of_a_rolling_upgrade_do_not_block_the_new_ones()
    {
        _cluster.Put(CoreHarness.App() with { Constraints = [new Constraint("hostname", ConstraintOperator.Unique)] });
        _cluster.RunAll();
        _cluster.Change("/web", app => app with { Cmd = "sleep 9" });
        _cluster.GiveOffers(_cluster.Offer()).Count.ShouldBe(1);
    }

    [Fact]
    public void The_ceiling_of_launches_under_way_holds_back_the_rest()
    {
        var cluster = CoreHarness.Connected(new MarathonOptions { MaxLaunchesInFlight = 3 });
        cluster.Put(CoreHarness.App(instances: 5));
        var first = cluster.GiveOffers(cluster.Offer());
        first.Count.ShouldBe(3);
        cluster.GiveOffers(cluster.Offer()).ShouldBeEmpty();
        cluster.CallsOf(Call.Types.Type.Decline).Last().Decline.Filters.RefuseSeconds.ShouldBeLessThan(120);
        cluster.Report(first[0].TaskId.Value, TaskState.TaskRunning);
        cluster.GiveOffers(cluster.Offer()).Count.ShouldBe(1);
    }

    private static (int Declined, int Processed) Row(IEnumerable<RejectCount> rows, RejectReason reason)
    {
        var row = rows.Single(row => row.Reason == reason);
        return (row.Declined, row.Processed);
    }
}
