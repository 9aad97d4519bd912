namespace Plenum.Marathon.Definitions;

/// <summary>What a definition may use, and what stands in for what it does not say.</summary>
internal sealed record DefinitionOptions
{
    public string DefaultRole { get; init; } = AppDefinition.DefaultRole;

    /// <summary>The network of a container mode app that names none; without it such an app is refused.</summary>
    public string? DefaultNetworkName { get; init; }

    /// <summary>Features in Marathon's sense: with one off, a definition that uses it is invalid.</summary>
    public MarathonFeatures Features { get; init; } = MarathonFeatures.All;

    /// <summary>What this cluster's agents cannot do yet. Valid definitions that need it are refused by name.</summary>
    public MissingAbilities Missing { get; init; } = MissingAbilities.Today;
}

[Flags]
internal enum MarathonFeatures
{
    None = 0,
    Secrets = 1,
    ExternalVolumes = 2,
    GpuResources = 4,
    All = Secrets | ExternalVolumes | GpuResources,
}

[Flags]
internal enum MissingAbilities
{
    None = 0,
    BridgeNetwork = 1,
    ContainerNetwork = 1 << 1,
    PersistentVolumes = 1 << 2,
    ExternalVolumes = 1 << 3,
    Secrets = 1 << 4,
    Gpus = 1 << 5,
    Privileged = 1 << 6,
    DockerParameters = 1 << 7,
    LinuxInfo = 1 << 8,
    CustomExecutor = 1 << 9,

    /// <summary>What comes with later parts of Plenum. Remove a flag when the agent can do it.</summary>
    Today = BridgeNetwork | ContainerNetwork | PersistentVolumes | ExternalVolumes | Secrets | Gpus | Privileged
        | DockerParameters | LinuxInfo | CustomExecutor,
}
