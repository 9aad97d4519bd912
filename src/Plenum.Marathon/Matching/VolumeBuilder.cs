using Plenum.Marathon.Definitions;
using Plenum.Protocol.V1;
using Mode = Plenum.Protocol.V1.Volume.Types.Source.Types.CSIVolume.Types.VolumeCapability.Types.AccessMode.Types.Mode;
using Volume = Plenum.Marathon.Definitions.Volume;
using WireCapability = Plenum.Protocol.V1.Volume.Types.Source.Types.CSIVolume.Types.VolumeCapability;
using WireVolume = Plenum.Protocol.V1.Volume;

namespace Plenum.Marathon.Matching;

/// <summary>The volumes of a container as the agent reads them. Persistent ones are not here: they travel with their disk resource.</summary>
internal static class VolumeBuilder
{
    private const string DvdiPrefix = "dvdi/";
    private const string DvdiDriver = "dvdi/driver";

    public static WireVolume? Build(AppDefinition app, Volume volume)
    {
        var wire = new WireVolume
        {
            ContainerPath = volume.ContainerPath,
            Mode = volume.Mode == VolumeMode.ReadOnly ? WireVolume.Types.Mode.Ro : WireVolume.Types.Mode.Rw,
        };
        switch (volume)
        {
            case Volume.Host host:
                wire.HostPath = host.HostPath;
                return wire;
            case Volume.Secret secret:
                wire.Source = new WireVolume.Types.Source
                {
                    Type = WireVolume.Types.Source.Types.Type.Secret,
                    Secret = Reference(app, secret.SecretName),
                };
                return wire;
            case Volume.Dvdi dvdi:
                wire.Source = new WireVolume.Types.Source
                {
                    Type = WireVolume.Types.Source.Types.Type.DockerVolume,
                    DockerVolume = DockerVolume(dvdi),
                };
                return wire;
            case Volume.Csi csi:
                wire.Source = new WireVolume.Types.Source
                {
                    Type = WireVolume.Types.Source.Types.Type.CsiVolume,
                    CsiVolume = CsiVolume(app, csi),
                };
                return wire;
            default:
                return null;
        }
    }

    /// <summary>An app or pod names its secrets; the agent looks a secret up by the source that stands behind the name.</summary>
    public static Secret Reference(RunSpec app, string name) => new()
    {
        Type = Secret.Types.Type.Reference,
        Reference = new Secret.Types.Reference
        {
            Name = app.Secrets.TryGetValue(name, out var source) ? source : name,
        },
    };

    // The driver gets every dvdi/ option without its prefix; the size of the definition wins over one among the options.
    private static WireVolume.Types.Source.Types.DockerVolume DockerVolume(Volume.Dvdi volume)
    {
        var options = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in volume.Options)
        {
            if (key.StartsWith(DvdiPrefix, StringComparison.Ordinal) && !string.Equals(key, DvdiDriver, StringComparison.OrdinalIgnoreCase))
            {
                options[key[DvdiPrefix.Length..]] = value.Trim();
            }
        }

        if (volume.SizeGigabytes is { } size)
        {
            options["size"] = FormattableString.Invariant($"{size}");
        }

        var wire = new WireVolume.Types.Source.Types.DockerVolume { Name = volume.VolumeName };
        if (volume.Options.TryGetValue(DvdiDriver, out var driver))
        {
            wire.Driver = driver;
        }

        // No parameters at all and an empty list of them mean different things to the agent's volume driver.
        if (options.Count > 0)
        {
            wire.DriverOptions = new Parameters();
            wire.DriverOptions.Parameter.AddRange(options.Select(option => new Parameter { Key = option.Key, Value = option.Value }));
        }

        return wire;
    }

    private static WireVolume.Types.Source.Types.CSIVolume CsiVolume(AppDefinition app, Volume.Csi volume)
    {
        var provisioning = new WireVolume.Types.Source.Types.CSIVolume.Types.StaticProvisioning
        {
            VolumeId = volume.VolumeName,
            VolumeCapability = Capability(volume.Capability),
        };
        foreach (var (key, name) in volume.NodeStageSecrets)
        {
            provisioning.NodeStageSecrets[key] = Reference(app, name);
        }

        foreach (var (key, name) in volume.NodePublishSecrets)
        {
            provisioning.NodePublishSecrets[key] = Reference(app, name);
        }

        foreach (var (key, value) in volume.VolumeContext)
        {
            provisioning.VolumeContext[key] = value;
        }

        return new WireVolume.Types.Source.Types.CSIVolume { PluginName = volume.PluginName, StaticProvisioning = provisioning };
    }

    private static WireCapability Capability(CsiCapability capability)
    {
        var wire = new WireCapability
        {
            AccessMode = new WireCapability.Types.AccessMode
            {
                Mode = capability.AccessMode switch
                {
                    CsiAccessMode.SingleNodeWriter => Mode.SingleNodeWriter,
                    CsiAccessMode.SingleNodeReaderOnly => Mode.SingleNodeReaderOnly,
                    CsiAccessMode.MultiNodeReaderOnly => Mode.MultiNodeReaderOnly,
                    CsiAccessMode.MultiNodeSingleWriter => Mode.MultiNodeSingleWriter,
                    _ => Mode.MultiNodeMultiWriter,
                },
            },
        };
        if (capability.AccessType == CsiAccessType.Block)
        {
            wire.Block = new WireCapability.Types.BlockVolume();
            return wire;
        }

        wire.Mount = new WireCapability.Types.MountVolume();
        if (capability.FileSystemType is { } type)
        {
            wire.Mount.FsType = type;
        }

        wire.Mount.MountFlags.AddRange(capability.MountFlags);
        return wire;
    }
}
