namespace Plenum.Marathon.Definitions;

internal enum VolumeMode
{
    ReadWrite,
    ReadOnly,
}

internal enum PersistentVolumeType
{
    Root,
    Path,
    Mount,
}

/// <summary>What appears at a path of the container. The kind is told by which key the wire object has.</summary>
internal abstract record Volume(string ContainerPath)
{
    public virtual VolumeMode Mode { get; init; }

    internal sealed record Host(string ContainerPath, string HostPath) : Volume(ContainerPath);

    internal sealed record Persistent(string ContainerPath, long SizeMegabytes) : Volume(ContainerPath)
    {
        public PersistentVolumeType Type { get; init; }

        public long? MaxSizeMegabytes { get; init; }

        public string? ProfileName { get; init; }

        public ValueList<Constraint> Constraints { get; init; } = [];
    }

    internal sealed record Secret(string ContainerPath, string SecretName) : Volume(ContainerPath);

    /// <summary>A volume of the DVDI family: a Docker volume driver on the agent provides it.</summary>
    internal sealed record Dvdi(string ContainerPath, string VolumeName) : Volume(ContainerPath)
    {
        public int? SizeGigabytes { get; init; }

        public ValueMap<string> Options { get; init; } = ValueMap<string>.Empty;

        public bool Shared { get; init; }
    }

    /// <summary>A statically provisioned volume of a CSI plugin; its name is the plugin's volume id.</summary>
    internal sealed record Csi(string ContainerPath, string VolumeName, string PluginName) : Volume(ContainerPath)
    {
        public required CsiCapability Capability { get; init; }

        public ValueMap<string> NodeStageSecrets { get; init; } = ValueMap<string>.Empty;

        public ValueMap<string> NodePublishSecrets { get; init; } = ValueMap<string>.Empty;

        public ValueMap<string> VolumeContext { get; init; } = ValueMap<string>.Empty;
    }
}
