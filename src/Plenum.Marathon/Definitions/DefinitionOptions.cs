namespace Plenum.Marathon.Definitions;

/// <summary>What a definition may use, and what stands in for what it does not say.</summary>
internal sealed record DefinitionOptions
{
    public string DefaultRole { get; init; } = AppDefinition.DefaultRole;

    /// <summary>The network of a container mode app that names none; without it such an app is refused.</summary>
    public string? DefaultNetworkName { get; init; }

    /// <summary>Features in Marathon's sense: with one off, a definition that uses it is invalid.</summary>
    public MarathonFeatures Features { get; init; } = MarathonFeatures.All;
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
