using Plenum.Agent.Containers;
using Plenum.Agent.Images;

namespace Plenum.Agent.Volumes;

/// <summary>
/// Makes a container's volumes ready and takes them down. Secrets lie in the machine's memory file system only until
/// the runtime has mounted them: the mount keeps them for the container, and nobody else finds them by a name.
/// </summary>
internal sealed class VolumePreparation(ContainerRuntimeOptions options, ImageStore images, DriverVolumes drivers)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <exception cref="ContainerLaunchException">A volume cannot be had; <see cref="ReleaseAsync"/> takes the others down.</exception>
    public async Task<PreparedVolumes> PrepareAsync(RunningContainer container, ContainerSpec spec, CancellationToken cancellationToken)
    {
        if (spec.Volumes.Count == 0)
        {
            return PreparedVolumes.None;
        }

        var mounts = new List<ContainerMount>();
        var overlays = new List<(ProvisionedImage Image, ImageRoom Room)>();
        foreach (var volume in spec.Volumes.OfType<VolumeRequest.OfImage>())
        {
            var lease = await images.ProvisionAsync(volume.Image, cancellationToken);
            container.Own(lease);
            var room = ImageRoom.Below(Path.Join(container.Bundle.Volumes, $"{overlays.Count}"));
            overlays.Add((lease.Image, room));
            mounts.Add(new ContainerMount(room.Root, volume.ContainerPath, volume.ReadOnly));
        }

        var driven = spec.Volumes.OfType<VolumeRequest.OfDriver>().ToArray();
        foreach (var (volume, path) in driven.Zip(await drivers.MountAsync(spec.Key, driven, cancellationToken)))
        {
            mounts.Add(new ContainerMount(path, volume.ContainerPath, volume.ReadOnly));
        }

        var secrets = spec.Volumes.OfType<VolumeRequest.Secret>().ToArray();
        if (secrets.Length > 0)
        {
            Directory.CreateDirectory(SecretsOf(spec.Key), OwnerOnly);
            mounts.AddRange(secrets.Select((secret, index) => Store(secret, Path.Join(SecretsOf(spec.Key), $"{index}"))));
        }

        return new PreparedVolumes(mounts, [.. spec.Volumes.OfType<VolumeRequest.Memory>()], overlays);
    }

    /// <summary>The runtime has mounted everything: what only it had to see goes.</summary>
    public void Mounted(ContainerKey key)
    {
        if (Directory.Exists(SecretsOf(key)))
        {
            Directory.Delete(SecretsOf(key), recursive: true);
        }
    }

    /// <summary>The container is gone, or never came to be.</summary>
    public Task ReleaseAsync(ContainerKey key)
    {
        Mounted(key);
        return drivers.ReleaseAsync(key.Name);
    }

    /// <summary>Called once at start with the containers that an earlier agent left.</summary>
    public Task RecoverAsync(IEnumerable<ContainerKey> alive) =>
        drivers.RecoverAsync(alive.Select(static key => key.Name).ToHashSet(StringComparer.Ordinal));

    private static ContainerMount Store(VolumeRequest.Secret secret, string file)
    {
        using var stream = new FileStream(file, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead,
        });
        stream.Write(secret.Value.Span);
        return new ContainerMount(file, secret.ContainerPath, ReadOnly: true) { GivenToUser = true };
    }

    /// <summary>The last part of a nested name is unique, and with this prefix it is still a legal file name.</summary>
    private string SecretsOf(ContainerKey key) => $"/dev/shm/{options.CgroupParent}-sec-{key.Value}";
}
