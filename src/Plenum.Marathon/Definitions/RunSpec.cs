namespace Plenum.Marathon.Definitions;

/// <summary>
/// What instances are made from: an app, whose instances are one task each, or a pod, whose instances are several
/// tasks on one agent. Everything that counts, places, replaces and ends instances knows no more than this.
/// </summary>
internal abstract record RunSpec
{
    public const string DefaultRole = "*";

    public required PathId Id { get; init; }

    public string? User { get; init; }

    /// <summary>Of a service on every agent: how many there were when somebody last looked.</summary>
    public int Instances { get; init; } = 1;

    /// <summary>Ours: one instance on every agent that the constraints choose, and on each that joins.</summary>
    public bool IsDaemon { get; init; }

    public ValueList<Constraint> Constraints { get; init; } = [];

    /// <summary>null for none of it.</summary>
    public Placement? Placement { get; init; }

    public ValueList<Network> Networks { get; init; } = [Network.Host];

    public int BackoffSeconds { get; init; } = 1;

    public double BackoffFactor { get; init; } = 1.15;

    public int MaxLaunchDelaySeconds { get; init; } = 300;

    public UpgradeStrategy UpgradeStrategy { get; init; } = UpgradeStrategy.Default;

    public UnreachableStrategy UnreachableStrategy { get; init; } = UnreachableStrategy.Default;

    public KillSelection KillSelection { get; init; }

    /// <summary>Of pods ours: asked during a deployment, one at most.</summary>
    public ValueList<ReadinessCheck> ReadinessChecks { get; init; } = [];

    public ValueMap<string> Labels { get; init; } = ValueMap<string>.Empty;

    public ValueList<string> AcceptedResourceRoles { get; init; } = [];

    public string Role { get; init; } = DefaultRole;

    /// <summary>The source path of each secret by its name.</summary>
    public ValueMap<string> Secrets { get; init; } = ValueMap<string>.Empty;

    public Timestamp Version { get; init; }

    /// <summary>null until the definition is stored.</summary>
    public VersionInfo? VersionInfo { get; init; }

    /// <summary>On every agent, and never two on one, not even while the one replaces the other.</summary>
    public bool IsAloneOnAgents => IsDaemon && UpgradeStrategy.MaximumOverCapacity == 0;

    public bool IsHostMode => Networks.IsEmpty || Networks[0].Mode == NetworkMode.Host;

    public bool IsBridgeMode => !Networks.IsEmpty && Networks[0].Mode == NetworkMode.Bridge;

    /// <summary>Stateful: its instances keep their reservations.</summary>
    public bool IsResident => PersistentVolumes.Any();

    public abstract IEnumerable<Volume.Persistent> PersistentVolumes { get; }

    /// <summary>What one instance takes of an agent, executors included; volumes and ports are counted apart.</summary>
    public abstract ResourceDemand Demand { get; }

    /// <summary>Services that must be there before this one. Pods depend on what their groups depend on.</summary>
    public virtual ValueList<PathId> DependsOn => [];

    /// <summary>Every check that says whether an instance is healthy, in the order in which results are kept.</summary>
    public abstract ValueList<HealthCheck> AllHealthChecks { get; }

    /// <summary>The host port of each port that has one; 0 is any.</summary>
    public abstract IEnumerable<int> HostPorts { get; }

    /// <summary>The place in <see cref="AllHealthChecks"/> of the check that the agent performs on a task; -1 for none.</summary>
    /// <param name="container">The pod's container; null for the one task of an app.</param>
    public abstract int AgentCheckOf(string? container);

    /// <summary>
    /// Somebody performs this check. An agent performs one a task, and of an app that has more, which is valid, only the first is
    /// sent to it: the others say nothing for ever, and nobody must wait for them.
    /// </summary>
    public virtual bool IsPerformed(int check) => true;

    /// <summary>What separates this stored definition from the one that shall follow it.</summary>
    public AppChange ChangeTo(RunSpec next)
    {
        var comparable = next with { Version = Version, VersionInfo = VersionInfo };
        if (this == comparable)
        {
            return AppChange.None;
        }

        if (this == comparable with { Instances = Instances })
        {
            return AppChange.Scale;
        }

        return this == comparable.WithPolicyOf(this) ? AppChange.Policy : AppChange.Restart;
    }

    /// <summary>This definition with those rules of another that running instances need not be replaced for.</summary>
    protected virtual RunSpec WithPolicyOf(RunSpec other) => this with
    {
        Instances = other.Instances,
        KillSelection = other.KillSelection,
        Placement = other.Placement,
        UnreachableStrategy = other.UnreachableStrategy,
        UpgradeStrategy = other.UpgradeStrategy,
    };
}
