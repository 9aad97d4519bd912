using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Persistence;
using Plenum.Marathon.Tests.Core;
using Plenum.Protocol.V1;
using HealthCheck = Plenum.Marathon.Definitions.HealthCheck;
using VersionInfo = Plenum.Marathon.Definitions.VersionInfo;
using Volume = Plenum.Marathon.Definitions.Volume;

namespace Plenum.Marathon.Tests.Persistence;

public sealed class StoredStateTests
{
    [Fact]
    public void Every_field_of_a_definition_comes_back_as_it_was()
    {
        var app = new AppDefinition
        {
            Id = PathId.Parse("/prod/web"),
            Cmd = "serve",
            Args = ["a", "b"],
            User = "nobody",
            Env = ValueMap<EnvironmentValue>.From(
                [new("A", EnvironmentValue.Of("1")), new("S", new EnvironmentValue.Secret("db"))]),
            Instances = 7,
            IsDaemon = true,
            Cpus = 0.1,
            Mem = 33.5,
            Disk = 1,
            Gpus = 2,
            ResourceLimits = new ResourceLimits(double.PositiveInfinity, 64),
            Executor = "/bin/x",
            ExecutorResources = new ExecutorResources { Cpus = 0.2 },
            Constraints = [new Constraint("hostname", ConstraintOperator.GroupBy, "3"), new Constraint("rack", ConstraintOperator.Unique)],
            Placement = new Placement
            {
                Near = [new PlacementRule(PathId.Parse("/db"), "@zone", 7)],
                Apart = [new PlacementRule(PathId.Parse("/batch"), "@hostname", null)],
                Prefer = [new Preference(new Constraint("rack", ConstraintOperator.Is, "a"), -5)],
                WaitSeconds = 9,
            },
            Fetch = [new FetchArtifact("http://x/y") { Extract = false, Executable = true, Cache = true, DestPath = "z" }],
            Container = new Container(ContainerEngine.Mesos)
            {
                Docker = new DockerImage("nginx") { ForcePullImage = true, Parameters = [new DockerParameter("k", "v")], PullConfigSecret = "p" },
                LinuxInfo = new Plenum.Marathon.Definitions.LinuxInfo(new Seccomp("profile", false), new IpcInfo(IpcMode.Private, 8)),
                Volumes =
                [
                    new Volume.Host("/data", "/srv") { Mode = VolumeMode.ReadOnly },
                    new Volume.Persistent("state", 100) { Type = PersistentVolumeType.Mount, MaxSizeMegabytes = 200, Constraints = [new Constraint("path", ConstraintOperator.Like, "/d.*")] },
                    new Volume.Secret("/run/s", "db"),
                    new Volume.Dvdi("/e", "name") { SizeGigabytes = 3, Options = ValueMap<string>.From([new("a", "b")]), Shared = true },
                    new Volume.Csi("/c", "vol", "plugin") { Capability = new CsiCapability(CsiAccessMode.MultiNodeReaderOnly, CsiAccessType.Mount) { MountFlags = ["ro"] } },
                ],
                PortMappings = [new PortMapping(80) { HostPort = 0, ServicePort = 10000, Name = "http", Labels = ValueMap<string>.From([new("VIP_0", "1.2.3.4:80")]), NetworkNames = ["n"] }],
            },
            Networks = [new Network(NetworkMode.Bridge) { Labels = ValueMap<string>.From([new("x", "y")]) }],
            PortDefinitions = [new PortDefinition(10001) { Protocol = PortProtocol.UdpAndTcp, Name = "p" }],
            RequirePorts = true,
            HealthChecks = [new HealthCheck { Protocol = HealthCheckProtocol.MesosTcp, PortIndex = 0, IpProtocol = IpProtocol.IPv6 }],
            Check = new CheckDefinition(new CheckProbe.Http(0, null, "/", "https")) { DelaySeconds = 1 },
            ReadinessChecks = [new ReadinessCheck { HttpStatusCodesForReady = [200, 302], Protocol = ReadinessProtocol.Https }],
            BackoffSeconds = 2,
            BackoffFactor = 1.3,
            MaxLaunchDelaySeconds = 9,
            TaskKillGracePeriodSeconds = 4,
            UpgradeStrategy = new UpgradeStrategy(0.3, 0.7),
            UnreachableStrategy = new UnreachableStrategy { InactiveAfterSeconds = 1, ExpungeAfterSeconds = 2 },
            KillSelection = KillSelection.OldestFirst,
            Residency = new Residency { TaskLostBehavior = TaskLostBehavior.RelaunchAfterTimeout },
            Dependencies = [PathId.Parse("/db")],
            Labels = ValueMap<string>.From([new("l", "m")]),
            AcceptedResourceRoles = ["*"],
            Role = "prod",
            Secrets = ValueMap<string>.From([new("db", "/path")]),
            Tty = true,
            Version = Timestamp.Parse("2026-01-02T03:04:05.678Z"),
            VersionInfo = new VersionInfo(Timestamp.Parse("2026-01-02T03:04:05.678Z"), Timestamp.Parse("2026-01-01T00:00:00.000Z")),
        };

        // A field that is added later and left out here would not be covered: every one must differ from its default.
        var blank = new AppDefinition { Id = app.Id };
        foreach (var property in typeof(AppDefinition).GetProperties().Where(property => property.CanWrite && property.Name != "Id"))
        {
            property.GetValue(app).ShouldNotBe(property.GetValue(blank), property.Name);
        }

        StoredJson.Read<AppDefinition>("key", StoredJson.Write(app)).ShouldBe(app);
    }

    [Fact]
    public void A_restart_brings_everything_back_in_the_middle_of_a_deployment()
    {
        var cluster = CoreHarness.Connected();
        cluster.Update((root, version) => root
            .WithApp(CoreHarness.App("/a/b/web", 2), version)
            .WithApp(CoreHarness.App("/db"), version)
            .WithUpdatedGroup(PathId.Parse("/a"), version, group => group with { Dependencies = [PathId.Parse("/db")], EnforceRole = true }));
        cluster.GiveOffers(cluster.Offer());
        var before = cluster.State;

        cluster.Restart(connect: false);

        var after = cluster.State;
        Print(after.Root).ShouldBe(Print(before.Root));
        after.RootVersions.Length.ShouldBe(before.RootVersions.Length);
        after.SpecVersions.Keys.ShouldBe(before.SpecVersions.Keys, ignoreOrder: true);
        after.Deployments.Single().Plan.Id.ShouldBe(before.Deployments.Single().Plan.Id);
        Instances(after).ShouldBe(Instances(before));
        after.FrameworkId.ShouldBe(CoreHarness.Framework);

        cluster.Connect();
        foreach (var instance in cluster.Instances("/db"))
        {
            cluster.Report(instance.TaskId, TaskState.TaskRunning);
        }

        cluster.RunAll().Count.ShouldBe(2);
        cluster.State.Deployments.ShouldBeEmpty();

        static IEnumerable<string> Instances(MarathonSnapshot state) => state.Apps.Values
            .SelectMany(app => app.Instances.Values)
            .OrderBy(instance => instance.Id)
            .Select(instance => System.Text.Encoding.UTF8.GetString(StoredJson.Write(instance)));

        static string Print(Group group) => System.Text.Encoding.UTF8.GetString(StoredJson.Write(StoredRoot.From(group)));
    }

    [Fact]
    public void Fifty_versions_are_kept_and_the_store_does_not_grow_beyond_them()
    {
        var cluster = CoreHarness.Connected();
        cluster.Put(CoreHarness.App());
        cluster.RunAll();
        for (var i = 0; i < 120; i++)
        {
            cluster.Change("/web", app => app with { BackoffSeconds = i, Instances = 0 }, force: true);
            cluster.EndKilled();
        }

        cluster.State.VersionsOf(PathId.Parse("/web")).Length.ShouldBe(50);
        cluster.State.RootVersions.Length.ShouldBe(50);
        cluster.Store.Keys.Count(key => key.StartsWith(StoreKeys.AppsPrefix, StringComparison.Ordinal)).ShouldBe(50);
        cluster.Store.Keys.Count(key => key.StartsWith(StoreKeys.RootsPrefix, StringComparison.Ordinal)).ShouldBe(50);
        cluster.Restart();
        cluster.State.VersionsOf(PathId.Parse("/web")).Select(app => app.BackoffSeconds)
            .ShouldBe(Enumerable.Range(70, 50).Reverse());
    }

    [Fact]
    public void A_removed_app_leaves_the_store_when_no_kept_root_names_it()
    {
        var cluster = CoreHarness.Connected(new MarathonOptions { MaxVersions = 3 });
        cluster.Put(CoreHarness.App("/gone"));
        cluster.RunAll();
        cluster.Remove("/gone");
        cluster.EndKilled();
        cluster.Restart();
        cluster.State.RootVersions.ShouldContain(root => root.FindApp(PathId.Parse("/gone")) != null);
        for (var i = 0; i < 4; i++)
        {
            cluster.Put(CoreHarness.App($"/app-{i}"));
        }

        cluster.Store.Keys.ShouldNotContain(key => key.StartsWith("marathon/apps/gone/", StringComparison.Ordinal));
        cluster.Restart();
    }

    [Fact]
    public void A_path_that_is_taken_again_leaves_nothing_of_the_service_before_when_no_kept_root_names_it()
    {
        var cluster = CoreHarness.Connected(new MarathonOptions { MaxVersions = 3 });
        cluster.Put(CoreHarness.App("/gone", 0));
        cluster.Remove("/gone");
        cluster.Put(CoreHarness.App("/gone", 0));
        Stored().ShouldBe(2);
        for (var i = 0; i < 4; i++)
        {
            cluster.Put(CoreHarness.App($"/app-{i}", 0));
        }

        Stored().ShouldBe(1);
        cluster.Restart();
        cluster.State.Root.FindApp(PathId.Parse("/gone")).ShouldNotBeNull();

        int Stored() => cluster.Store.Keys.Count(key => key.StartsWith("marathon/apps/gone/", StringComparison.Ordinal));
    }

    [Fact]
    public void The_versions_of_a_path_are_those_of_the_service_that_has_it_also_after_a_restart()
    {
        var path = PathId.Parse("/twice");
        var cluster = CoreHarness.Connected();
        cluster.Put(CoreHarness.App("/twice", 0));
        cluster.Change("/twice", app => app with { BackoffSeconds = 7 });
        cluster.Remove("/twice");
        cluster.Update((root, version) => root.WithSpec(
            new PodDefinition { Id = path, Instances = 0, Containers = [new PodContainer("c")] }, version));
        cluster.State.VersionsOf(path).ShouldHaveSingleItem().ShouldBeOfType<PodDefinition>();

        cluster.Restart();

        cluster.State.VersionsOf(path).ShouldHaveSingleItem().ShouldBeOfType<PodDefinition>();
        cluster.State.RootVersions.ShouldContain(root => root.FindApp(path) != null);
    }

    [Fact]
    public void A_definition_that_neither_a_root_nor_a_service_names_leaves_the_store_at_the_next_start()
    {
        var cluster = CoreHarness.Connected();
        cluster.Put(CoreHarness.App("/stays", 0));
        cluster.Change("/stays", app => app with { BackoffSeconds = 7 });
        var stray = CoreHarness.App("/stray") with { Version = Timestamp.Parse("2020-01-01T00:00:00.001Z") };
        cluster.Store.Add(StoreKeys.Spec(stray), StoredJson.Write(stray));

        cluster.Restart();

        cluster.Store.Keys.ShouldNotContain(StoreKeys.Spec(stray));
        cluster.State.VersionsOf(PathId.Parse("/stays")).Length.ShouldBe(2);
        cluster.Store.Keys.Count(key => key.StartsWith(StoreKeys.AppsPrefix, StringComparison.Ordinal)).ShouldBe(2);
    }

    [Theory]
    [InlineData("marathon/instances/x", "{\"Id\":")]
    [InlineData("marathon/instances/x", "null")]
    [InlineData("marathon/roots/x", "{}")]
    [InlineData("marathon/future/x", "{}")]
    public void An_entry_that_cannot_be_read_is_named_and_nothing_starts(string key, string value) =>
        Should.Throw<StoredStateException>(() => new StoredState().Add(key, System.Text.Encoding.UTF8.GetBytes(value)))
            .Message.ShouldContain(key);

    [Fact]
    public void A_change_of_one_app_among_many_writes_one_definition()
    {
        var cluster = CoreHarness.Connected();
        cluster.Update((root, version) =>
        {
            for (var i = 0; i < 500; i++)
            {
                root = root.WithApp(CoreHarness.App($"/g{i % 5}/app-{i}", 0), version);
            }

            return root;
        });
        var effects = new List<MarathonEffect>();
        cluster.Core.UpdateRoot(
            new RootUpdate(PathId.Root, (root, version) => new RootChange.Accepted(
                root.WithApp(root.FindApp(PathId.Parse("/g1/app-1"))! with { Cmd = "other" }, version))) { Force = true },
            cluster.Now,
            effects);
        effects.OfType<MarathonEffect.Write>().Count(write => write.Key.StartsWith(StoreKeys.AppsPrefix, StringComparison.Ordinal)).ShouldBe(1);
    }
}
