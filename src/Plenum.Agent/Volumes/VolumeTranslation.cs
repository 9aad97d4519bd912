using Plenum.Agent.Containers;
using Plenum.Protocol.V1;
using Source = Plenum.Protocol.V1.Volume.Types.Source;

namespace Plenum.Agent.Volumes;

/// <summary>
/// The wire's volumes as what the runtime can mount (mesos.md 6.3). Secrets are values here: they were resolved
/// before, in the launch's own copy.
/// </summary>
internal static class VolumeTranslation
{
    /// <summary>Mesos' bound on secrets through its store: about a megabyte. More would only fill memory.</summary>
    public const int MaximumSecretBytes = 1024 * 1024;

    /// <param name="container">What was asked for.</param>
    /// <param name="own">The container's sandbox.</param>
    /// <param name="parent">The sandbox of the container it is nested in; null: it stands alone.</param>
    /// <exception cref="ContainerLaunchException">Something was asked for that this agent cannot give.</exception>
    public static RequestedVolumes Of(ContainerInfo? container, SandboxRoom own, SandboxRoom? parent)
    {
        var mounts = new List<ContainerMount>();
        var requests = new List<VolumeRequest>();
        var docker = container?.Type == ContainerInfo.Types.Type.Docker;
        foreach (var volume in container?.Volumes ?? [])
        {
            if (volume.ContainerPath.Length == 0)
            {
                throw Impossible("A volume needs a container path");
            }

            if (MountOf(volume, own, parent, docker) is { } mount)
            {
                mounts.Add(mount);
            }
            else
            {
                requests.Add(RequestOf(volume));
            }
        }

        return new RequestedVolumes(mounts, requests);
    }

    private static ContainerMount? MountOf(Volume volume, SandboxRoom own, SandboxRoom? parent, bool docker)
    {
        var readOnly = volume.Mode == Volume.Types.Mode.Ro;
        switch (volume)
        {
            case { HasHostPath: true }:
                return HostPath(volume.HostPath, VolumePropagation.None);
            case { Source: { Type: Source.Types.Type.HostPath, HostPath: { } host } }:
                return HostPath(host.Path, PropagationOf(host.MountPropagation));
            case { Source: { Type: Source.Types.Type.SandboxPath, SandboxPath: { } sandbox } }:
                var room = sandbox.Type == Source.Types.SandboxPath.Types.Type.Parent
                    ? parent ?? throw Impossible("A volume in the parent's sandbox needs a parent: this container has none")
                    : own;
                return InSandbox(room, sandbox.Path);
            default:
                return null;
        }

        ContainerMount HostPath(string path, VolumePropagation propagation)
        {
            if (!Path.IsPathRooted(path))
            {
                // Mesos' reading of a relative one: it lies in the sandbox and is made.
                return InSandbox(own, path);
            }

            if (!Path.Exists(path))
            {
                if (!docker)
                {
                    throw Impossible($"The volume's host path '{path}' does not exist");
                }

                // Docker makes it, and apps written for its engine rely on that.
                Directory.CreateDirectory(path);
            }

            return new ContainerMount(path, volume.ContainerPath, readOnly) { Propagation = propagation, IsOfMachine = true };
        }

        ContainerMount InSandbox(SandboxRoom room, string relative)
        {
            var (path, made) = room.Find(relative);
            return new ContainerMount(path, volume.ContainerPath, readOnly) { GivenToUser = made };
        }
    }

    private static VolumeRequest RequestOf(Volume volume)
    {
        var readOnly = volume.Mode == Volume.Types.Mode.Ro;
        return volume switch
        {
            { Image: { } image } => new VolumeRequest.OfImage(volume.ContainerPath, readOnly, image),
            { Source: { Type: Source.Types.Type.Secret, Secret: { } secret } } => SecretOf(volume.ContainerPath, secret),
            { Source: { Type: Source.Types.Type.DockerVolume, DockerVolume: { } docker } } => new VolumeRequest.OfDriver(
                volume.ContainerPath,
                readOnly,
                docker.HasDriver && docker.Driver.Length > 0
                    ? docker.Driver
                    : throw Impossible($"The volume '{docker.Name}' names no driver"),
                docker.Name,
                [.. (docker.DriverOptions?.Parameter ?? []).Select(static option => KeyValuePair.Create(option.Key, option.Value))]),
            { Source.Type: Source.Types.Type.CsiVolume } => throw Impossible(
                $"The volume at '{volume.ContainerPath}' is a CSI volume, and this agent has no storage plugins"),
            _ => throw Impossible($"The volume at '{volume.ContainerPath}' has no source that this agent knows"),
        };
    }

    private static VolumeRequest.Secret SecretOf(string containerPath, Secret secret)
    {
        var value = secret.Value?.Data
            ?? throw Impossible($"The secret volume at '{containerPath}' has neither a value nor a reference to one");
        return value.Length <= MaximumSecretBytes
            ? new VolumeRequest.Secret(containerPath, value.Memory)
            : throw Impossible($"The secret for the volume at '{containerPath}' is larger than {MaximumSecretBytes >> 10} KB");
    }

    private static VolumePropagation PropagationOf(MountPropagation? propagation) => propagation?.Mode switch
    {
        MountPropagation.Types.Mode.HostToContainer => VolumePropagation.FromHost,
        MountPropagation.Types.Mode.Bidirectional => VolumePropagation.Both,
        _ => VolumePropagation.None,
    };

    private static ContainerLaunchException Impossible(string message) => new(message, ContainerLaunchFailure.InvalidSpec);
}
