using System.Text.Json;

namespace Plenum.Marathon.Definitions.Writing;

internal static class ContainerWriter
{
    public static void Write(Utf8JsonWriter writer, Container container)
    {
        writer.WriteStartObject("container");
        writer.WriteString("type", WireNames.Engines.Of(container.Type));
        if (container.Docker is { } docker)
        {
            WriteDocker(writer, docker);
        }

        if (container.LinuxInfo is { } linuxInfo)
        {
            WriteLinuxInfo(writer, linuxInfo);
        }

        writer.WriteStartArray("volumes");
        foreach (var volume in container.Volumes)
        {
            WriteVolume(writer, volume);
        }

        writer.WriteEndArray();
        if (container.PortMappings is { } mappings)
        {
            NetworkWriter.WritePortMappings(writer, mappings);
        }

        writer.WriteEndObject();
    }

    private static void WriteDocker(Utf8JsonWriter writer, DockerImage docker)
    {
        writer.WriteStartObject("docker");
        writer.WriteString("image", docker.Image);
        writer.WriteBoolean("forcePullImage", docker.ForcePullImage);
        writer.WriteBoolean("privileged", docker.Privileged);
        writer.WriteStartArray("parameters");
        foreach (var parameter in docker.Parameters)
        {
            writer.WriteStartObject();
            writer.WriteString("key", parameter.Key);
            writer.WriteString("value", parameter.Value);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        if (docker.PullConfigSecret is { } secret)
        {
            writer.WriteStartObject("pullConfig");
            writer.WriteString("secret", secret);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    internal static void WriteLinuxInfo(Utf8JsonWriter writer, LinuxInfo info)
    {
        writer.WriteStartObject("linuxInfo");
        if (info.Seccomp is { } seccomp)
        {
            writer.WriteStartObject("seccomp");
            writer.WriteOptional("profileName", seccomp.ProfileName);
            writer.WriteBoolean("unconfined", seccomp.Unconfined);
            writer.WriteEndObject();
        }

        if (info.Ipc is { } ipc)
        {
            writer.WriteStartObject("ipcInfo");
            writer.WriteString("mode", WireNames.IpcModes.Of(ipc.Mode));
            if (ipc.ShmSizeMegabytes is { } size)
            {
                writer.WriteNumber("shmSize", size);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteVolume(Utf8JsonWriter writer, Volume volume)
    {
        writer.WriteStartObject();
        writer.WriteString("containerPath", volume.ContainerPath);
        if (volume is not Volume.Secret)
        {
            writer.WriteString("mode", WireNames.VolumeModes.Of(volume.Mode));
        }

        switch (volume)
        {
            case Volume.Host host:
                writer.WriteString("hostPath", host.HostPath);
                break;
            case Volume.Secret secret:
                writer.WriteString("secret", secret.SecretName);
                break;
            case Volume.Persistent persistent:
                WritePersistent(writer, persistent);
                break;
            case Volume.Dvdi dvdi:
                WriteDvdi(writer, dvdi);
                break;
            case Volume.Csi csi:
                WriteCsi(writer, csi);
                break;
        }

        writer.WriteEndObject();
    }

    internal static void WritePersistent(Utf8JsonWriter writer, Volume.Persistent volume)
    {
        writer.WriteStartObject("persistent");
        writer.WriteString("type", WireNames.PersistentVolumeTypes.Of(volume.Type));
        writer.WriteNumber("size", volume.SizeMegabytes);
        if (volume.MaxSizeMegabytes is { } maxSize)
        {
            writer.WriteNumber("maxSize", maxSize);
        }

        writer.WriteOptional("profileName", volume.ProfileName);
        AppWriter.WriteConstraints(writer, "constraints", volume.Constraints, omitEmpty: false);
        writer.WriteEndObject();
    }

    private static void WriteDvdi(Utf8JsonWriter writer, Volume.Dvdi volume)
    {
        writer.WriteStartObject("external");
        writer.WriteString("name", volume.VolumeName);
        writer.WriteString("provider", "dvdi");
        if (volume.SizeGigabytes is { } size)
        {
            writer.WriteNumber("size", size);
        }

        writer.WriteMap("options", volume.Options);
        writer.WriteBoolean("shared", volume.Shared);
        writer.WriteEndObject();
    }

    private static void WriteCsi(Utf8JsonWriter writer, Volume.Csi volume)
    {
        writer.WriteStartObject("external");
        writer.WriteString("name", volume.VolumeName);
        writer.WriteString("provider", "csi");
        writer.WriteStartObject("options");
        writer.WriteString("pluginName", volume.PluginName);
        writer.WriteStartObject("capability");
        writer.WriteString("accessMode", WireNames.CsiAccessModes.Of(volume.Capability.AccessMode));
        writer.WriteString("accessType", WireNames.CsiAccessTypes.Of(volume.Capability.AccessType));
        writer.WriteOptional("fsType", volume.Capability.FileSystemType);
        writer.WriteTexts("mountFlags", volume.Capability.MountFlags);
        writer.WriteEndObject();
        writer.WriteMap("nodeStageSecret", volume.NodeStageSecrets);
        writer.WriteMap("nodePublishSecret", volume.NodePublishSecrets);
        writer.WriteMap("volumeContext", volume.VolumeContext);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
