namespace Plenum.Marathon.Definitions;

/// <summary>One container of a pod.</summary>
internal sealed record PodContainer(string Name)
{
    public const double DefaultCpus = 1;
    public const double DefaultMem = 128;

    /// <summary>null runs what the image says.</summary>
    public PodCommand? Command { get; init; }

    public bool? OverrideEntrypoint { get; init; }

    public double Cpus { get; init; } = DefaultCpus;

    /// <summary>Megabytes, as <see cref="Disk"/>.</summary>
    public double Mem { get; init; } = DefaultMem;

    public double Disk { get; init; }

    public int Gpus { get; init; }

    public ResourceLimits? ResourceLimits { get; init; }

    public ValueList<PodEndpoint> Endpoints { get; init; } = [];

    public PodImage? Image { get; init; }

    public ValueMap<EnvironmentValue> Environment { get; init; } = ValueMap<EnvironmentValue>.Empty;

    public string? User { get; init; }

    public PodHealthCheck? HealthCheck { get; init; }

    public ValueList<VolumeMount> VolumeMounts { get; init; } = [];

    public ValueList<FetchArtifact> Artifacts { get; init; } = [];

    public ValueMap<string> Labels { get; init; } = ValueMap<string>.Empty;

    public double? KillGracePeriodSeconds { get; init; }

    public bool? Tty { get; init; }

    public LinuxInfo? LinuxInfo { get; init; }

    public ResourceDemand Demand => new(Cpus, Mem, Disk, Gpus);
}

/// <summary>Either a line for the shell or a program with its arguments.</summary>
internal sealed record PodCommand
{
    public string? Shell { get; init; }

    public ValueList<string> Argv { get; init; } = [];
}

internal sealed record PodImage(string Id)
{
    public bool ForcePull { get; init; }

    /// <summary>The name of the secret with the registry's credentials.</summary>
    public string? PullConfigSecret { get; init; }

    public ValueMap<string> Labels { get; init; } = ValueMap<string>.Empty;
}

/// <summary>Where a volume of the pod appears in one container.</summary>
internal sealed record VolumeMount(string Name, string MountPath)
{
    public bool ReadOnly { get; init; }
}
