namespace Plenum.Marathon.Definitions;

/// <summary>A volume that containers of the pod mount by its name.</summary>
internal abstract record PodVolume(string Name)
{
    /// <summary>A directory that lives as long as the instance's tasks.</summary>
    internal sealed record Ephemeral(string Name) : PodVolume(Name);

    internal sealed record Host(string Name, string HostPath) : PodVolume(Name);

    internal sealed record Secret(string Name, string SecretName) : PodVolume(Name);

    /// <summary>Its path in the sandbox of the pod is its name.</summary>
    internal sealed record Persistent(string Name, Volume.Persistent Disk) : PodVolume(Name);
}
