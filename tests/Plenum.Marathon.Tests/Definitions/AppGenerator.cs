using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Tests.Definitions;

/// <summary>Canonical definitions from a seed, each field used now and then.</summary>
internal sealed class AppGenerator(int seed)
{
    private readonly Random _random = new(seed);

    public AppDefinition App()
    {
        var mode = Pick(NetworkMode.Host, NetworkMode.Host, NetworkMode.Bridge, NetworkMode.Container);
        var container = mode != NetworkMode.Host || Chance() ? Container(mode) : null;
        var app = new AppDefinition
        {
            Id = Path(),
            Cmd = Chance() ? Text() : null,
            Args = Chance(4) ? Some(Text) : [],
            User = Maybe(Word),
            Env = Map(() => Chance(4) ? new EnvironmentValue.Secret(Word()) : EnvironmentValue.Of(Text())),
            Instances = _random.Next(0, 50),
            Cpus = Math.Round(_random.NextDouble() * 8, 3) + 0.001,
            Mem = _random.Next(0, 100_000) / 8.0,
            Disk = _random.Next(0, 3) * 1e7,
            Gpus = Chance(6) ? 2 : 0,
            ResourceLimits = Chance(4)
                ? new ResourceLimits(Chance() ? double.PositiveInfinity : 16, Chance() ? null : 200_000.5)
                : null,
            Executor = Pick("", "//cmd", "/opt/executor"),
            ExecutorResources = Chance(4) ? new ExecutorResources { Cpus = 0.5, Mem = 64, Disk = 10.25 } : null,
            Constraints = Chance() ? Some(Constraint) : [],
            Placement = Chance(3) ? Placement() : null,
            Fetch = Chance() ? Some(Artifact) : [],
            Container = container,
            Networks = Networks(mode),
            PortDefinitions = mode == NetworkMode.Host ? Some(PortDefinition) : [],
            RequirePorts = mode == NetworkMode.Host && Chance(),
            HealthChecks = Chance() ? Some(HealthCheck) : [],
            Check = Chance(4) ? Check() : null,
            ReadinessChecks = Chance(4) ? [Readiness()] : [],
            BackoffSeconds = _random.Next(0, 100),
            BackoffFactor = 1 + Math.Round(_random.NextDouble(), 2),
            MaxLaunchDelaySeconds = _random.Next(0, 5000),
            TaskKillGracePeriodSeconds = Chance() ? _random.Next(0, 60) : null,
            UpgradeStrategy = new UpgradeStrategy(Pick(0, 0.5, 1), Pick(0, 0.25, 1)) is var strategy && Chance(3)
                ? strategy with { AutoRevert = true, ProgressDeadlineSeconds = _random.Next(1, 1000), Canary = Canary() }
                : strategy,
            UnreachableStrategy = Chance(3)
                ? UnreachableStrategy.Disabled
                : new UnreachableStrategy { InactiveAfterSeconds = _random.Next(0, 9), ExpungeAfterSeconds = _random.Next(9, 99) },
            KillSelection = Pick(KillSelection.OldestFirst, KillSelection.YoungestFirst),
            Dependencies = Chance(3) ? [Path()] : [],
            Labels = Map(Text),
            AcceptedResourceRoles = Chance(3) ? ["*"] : [],
            Role = Pick("*", "prod"),
            Secrets = Map(Word),
            Tty = Chance(3) ? Chance() : null,
            Version = Timestamp.From(DateTimeOffset.UnixEpoch.AddMilliseconds(_random.NextInt64(1L << 41))),
        };
        return app with
        {
            VersionInfo = Chance() ? new VersionInfo(app.Version, Timestamp.From(DateTimeOffset.UnixEpoch)) : null,
            Residency = app.IsResident ? new Residency { TaskLostBehavior = Pick(TaskLostBehavior.WaitForever, TaskLostBehavior.RelaunchAfterTimeout) } : null,
        };
    }

    public PathId Path()
    {
        var path = PathId.Root;
        for (var depth = _random.Next(1, 5); depth > 0; depth--)
        {
            path = path.Child(Word());
        }

        return path;
    }

    private Container Container(NetworkMode mode) => new(Pick(ContainerEngine.Docker, ContainerEngine.Mesos))
    {
        Docker = Chance()
            ? new DockerImage(Word())
            {
                ForcePullImage = Chance(),
                Privileged = Chance(),
                Parameters = Chance() ? Some(() => new DockerParameter(Word(), Text())) : [],
                PullConfigSecret = Maybe(Word),
            }
            : null,
        LinuxInfo = Chance(4)
            ? new LinuxInfo(new Seccomp(Maybe(Word), Chance()), Chance() ? new IpcInfo(Pick(IpcMode.Private, IpcMode.ShareParent), 64) : null)
            : null,
        Volumes = Chance() ? Some(Volume) : [],
        PortMappings = mode == NetworkMode.Host ? null : Some(() => PortMapping(mode)),
    };

    private Volume Volume() => _random.Next(5) switch
    {
        0 => new Volume.Host(Text(), Text()) { Mode = Pick(VolumeMode.ReadOnly, VolumeMode.ReadWrite) },
        1 => new Volume.Persistent(Word(), _random.Next(1, 9999))
        {
            Type = Pick(PersistentVolumeType.Mount, PersistentVolumeType.Path, PersistentVolumeType.Root),
            MaxSizeMegabytes = Chance() ? 123456789012 % 1_000_000_000 : null,
            ProfileName = Maybe(Word),
            Constraints = Chance() ? [new Constraint("path", ConstraintOperator.Like, "/mnt/.*")] : [],
        },
        2 => new Volume.Secret(Word(), Word()) { Mode = VolumeMode.ReadOnly },
        3 => new Volume.Dvdi(Text(), Word())
        {
            Mode = Pick(VolumeMode.ReadOnly, VolumeMode.ReadWrite),
            SizeGigabytes = Chance() ? 7 : null,
            Options = Map(Text),
            Shared = Chance(),
        },
        _ => new Volume.Csi(Text(), Word(), Word())
        {
            Mode = Pick(VolumeMode.ReadOnly, VolumeMode.ReadWrite),
            Capability = new CsiCapability(Pick(Enum.GetValues<CsiAccessMode>()), Pick(Enum.GetValues<CsiAccessType>()))
            {
                FileSystemType = Maybe(Word),
                MountFlags = Chance() ? Some(Word) : [],
            },
            NodeStageSecrets = Map(Word),
            NodePublishSecrets = Map(Word),
            VolumeContext = Map(Text),
        },
    };

    private ValueList<Network> Networks(NetworkMode mode) => mode switch
    {
        NetworkMode.Host => [Network.Host],
        NetworkMode.Bridge => [new Network(NetworkMode.Bridge) { Labels = Map(Text) }],
        _ => Some(() => new Network(NetworkMode.Container) { Name = Word(), Labels = Map(Text) }),
    };

    private PortDefinition PortDefinition() => new(_random.Next(0, 65536))
    {
        Protocol = Pick(Enum.GetValues<PortProtocol>()),
        Name = Maybe(Word),
        Labels = Map(Text),
    };

    private PortMapping PortMapping(NetworkMode mode) => new(_random.Next(0, 65536))
    {
        HostPort = mode == NetworkMode.Bridge || Chance() ? _random.Next(0, 65536) : null,
        ServicePort = _random.Next(0, 65536),
        Protocol = Pick(Enum.GetValues<PortProtocol>()),
        Name = Maybe(Word),
        Labels = Map(Text),
        NetworkNames = Chance(4) ? Some(Word) : [],
    };

    private Constraint Constraint() =>
        new(Word(), Pick(Enum.GetValues<ConstraintOperator>()), Maybe(Text) is { Length: > 0 } value ? value : null);

    private Placement Placement() => new()
    {
        Near = Chance() ? Some(Rule) : [],
        Apart = Chance() ? Some(Rule) : [],
        Prefer = Some(() => new Preference(Constraint(), Pick(-100, -1, 1, 100))),
        WaitSeconds = Chance() ? _random.Next(0, 999) : 0,
    };

    private PlacementRule Rule() => new(Path(), Pick("@hostname", "@zone", Word()), Chance() ? _random.Next(1, 101) : null);

    private FetchArtifact Artifact() => new($"http://{Word()}/{Word()}")
    {
        Extract = Chance(),
        Executable = Chance(),
        Cache = Chance(),
        DestPath = Maybe(Word),
    };

    private ValueList<CanaryStep> Canary() => Enumerable.Range(0, _random.Next(0, 4))
        .Select(step => Chance()
            ? new CanaryStep((step * 10) + _random.Next(1, 10)) { AutoPromote = true, PauseSeconds = _random.Next(0, 100) }
            : new CanaryStep((step * 10) + _random.Next(1, 10)))
        .ToValueList();

    private HealthCheck HealthCheck()
    {
        var protocol = Pick(Enum.GetValues<HealthCheckProtocol>());
        var isCommand = protocol == HealthCheckProtocol.Command;
        var byNumber = !isCommand && Chance();
        var isMarathonLevel = protocol is HealthCheckProtocol.Http or HealthCheckProtocol.Https or HealthCheckProtocol.Tcp;
        return new HealthCheck
        {
            Protocol = protocol,
            GracePeriodSeconds = _random.Next(0, 999),
            IntervalSeconds = _random.Next(0, 999),
            TimeoutSeconds = _random.Next(0, 999),
            MaxConsecutiveFailures = _random.Next(0, 9),
            DelaySeconds = _random.Next(0, 99),
            Path = isCommand ? null : Maybe(() => "/" + Word()),
            Port = byNumber ? _random.Next(0, 65536) : null,
            PortIndex = isCommand || byNumber ? null : _random.Next(0, 3),
            Command = isCommand ? Text() + "x" : null,
            IgnoreHttp1xx = isMarathonLevel && Chance(),
            IpProtocol = isCommand ? IpProtocol.IPv4 : Pick(IpProtocol.IPv4, IpProtocol.IPv6),
        };
    }

    private CheckDefinition Check() => new(_random.Next(3) switch
    {
        0 => new CheckProbe.Http(_random.Next(3), null, Maybe(() => "/" + Word()), Maybe(() => "https")),
        1 => new CheckProbe.Tcp(null, _random.Next(65536)),
        _ => new CheckProbe.Command(Text() + "x"),
    })
    {
        IntervalSeconds = _random.Next(1, 99),
        TimeoutSeconds = _random.Next(0, 99),
        DelaySeconds = _random.Next(0, 99),
    };

    private ReadinessCheck Readiness() => new()
    {
        Name = Word(),
        Protocol = Pick(ReadinessProtocol.Http, ReadinessProtocol.Https),
        Path = "/" + Word(),
        PortName = Word(),
        IntervalSeconds = _random.Next(1, 99),
        TimeoutSeconds = _random.Next(1, 99),
        HttpStatusCodesForReady = Some(() => _random.Next(100, 600)),
        PreserveLastResponse = Chance(),
    };

    private bool Chance(int outOf = 2) => _random.Next(outOf) == 0;

    private T Pick<T>(params T[] choices) => choices[_random.Next(choices.Length)];

    private string? Maybe(Func<string> make) => Chance() ? make() : null;

    private ValueList<T> Some<T>(Func<T> make)
        where T : notnull => Enumerable.Range(0, _random.Next(1, 4)).Select(_ => make()).ToValueList();

    private ValueMap<T> Map<T>(Func<T> make)
        where T : notnull =>
        ValueMap<T>.From(Enumerable.Range(0, _random.Next(0, 4)).Select(_ => KeyValuePair.Create(Text(), make())));

    private string Word() =>
        new([.. Enumerable.Range(0, _random.Next(1, 9)).Select(_ => Pick("abcdefghijklmnopqrstuvwxyz0123456789".ToCharArray()))]);

    // Whatever JSON must escape, and what it need not.
    private string Text() =>
        new([.. Enumerable.Range(0, _random.Next(1, 9)).Select(_ => Pick('a', 'Z', '0', ' ', '"', '\\', '/', '\n', '<', 'é', '漢', '$', '\t', '\u2028'))]);
}
