using Plenum.Marathon.Definitions;

namespace Plenum.Metronome.Definitions;

internal enum RestartPolicy
{
    Never,
    OnFailure,
}

/// <summary>What one run is: a command or an image, what it takes, where it may run, and what follows a failure.</summary>
internal sealed record JobRunSpec
{
    public const int DefaultMaxLaunchDelaySeconds = 3600;

    public double Cpus { get; init; } = 1;

    /// <summary>Megabytes, as <see cref="Disk"/>.</summary>
    public double Mem { get; init; } = 128;

    public double Disk { get; init; }

    public int Gpus { get; init; }

    public string? Cmd { get; init; }

    /// <summary>null where the definition has none, which is not the same as an empty list to a client.</summary>
    public ValueList<string>? Args { get; init; }

    public string? User { get; init; }

    public ValueMap<EnvironmentValue> Env { get; init; } = ValueMap<EnvironmentValue>.Empty;

    /// <summary>The source path of each secret by its name.</summary>
    public ValueMap<string> Secrets { get; init; } = ValueMap<string>.Empty;

    public DockerImage? Docker { get; init; }

    public UcrImage? Ucr { get; init; }

    public ValueList<FetchArtifact> Artifacts { get; init; } = [];

    public ValueList<Volume> Volumes { get; init; } = [];

    /// <summary>Empty is the machine's own network.</summary>
    public ValueList<Network> Networks { get; init; } = [];

    /// <summary>Those without a value restrict nothing: they are kept only to be shown.</summary>
    public ValueList<Constraint> Constraints { get; init; } = [];

    public int MaxLaunchDelaySeconds { get; init; } = DefaultMaxLaunchDelaySeconds;

    public RestartPolicy RestartPolicy { get; init; }

    /// <summary>Since the run was created; null: restarts have no end.</summary>
    public int? ActiveDeadlineSeconds { get; init; }

    public int? TaskKillGracePeriodSeconds { get; init; }
}

/// <summary>An image on Mesos' own containerizer.</summary>
internal sealed record UcrImage(string Id)
{
    public bool ForcePull { get; init; }

    /// <summary>Shown as it was given; the original ignores it too.</summary>
    public bool Privileged { get; init; }
}
