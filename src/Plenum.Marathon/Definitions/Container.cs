namespace Plenum.Marathon.Definitions;

/// <summary>DOCKER asks for the semantics of the Docker engine, MESOS for those of Mesos' own containerizer.</summary>
internal enum ContainerEngine
{
    Docker,
    Mesos,
}

internal sealed record Container(ContainerEngine Type)
{
    public DockerImage? Docker { get; init; }

    public LinuxInfo? LinuxInfo { get; init; }

    public ValueList<Volume> Volumes { get; init; } = [];

    /// <summary>null in host mode, where ports are the app's port definitions.</summary>
    public ValueList<PortMapping>? PortMappings { get; init; }
}

internal sealed record DockerImage(string Image)
{
    public bool ForcePullImage { get; init; }

    public bool Privileged { get; init; }

    public ValueList<DockerParameter> Parameters { get; init; } = [];

    /// <summary>The name of the secret with the registry's credentials.</summary>
    public string? PullConfigSecret { get; init; }
}

internal sealed record DockerParameter(string Key, string Value);
