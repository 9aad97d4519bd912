using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Oci;

namespace Plenum.Agent.Volumes;

/// <summary>The volumes of a container as entries of its OCI configuration.</summary>
internal static class VolumeMounts
{
    /// <summary>
    /// In the order of their paths, so that what lies below another volume is mounted after it, whatever order they
    /// were asked for in. Of two at one place the later asked for wins.
    /// </summary>
    /// <exception cref="ContainerLaunchException">A volume cannot be mounted where it was asked for.</exception>
    public static IEnumerable<OciMount> Of(
        ContainerSpec spec, BundleLayout bundle, PreparedVolumes prepared, string sandbox, HostRoot? hostRoot)
    {
        var mounts = new List<OciMount>();
        var shared = SharedMounts.Of(spec, bundle).ToDictionary(static volume => volume.Mount, static volume => volume.Place);
        foreach (var volume in spec.Mounts.Concat(prepared.Mounts))
        {
            if (!Path.IsPathRooted(volume.HostPath)
                || (!Path.Exists(volume.HostPath) && !prepared.Images.Any(image => image.Room.Root == volume.HostPath)))
            {
                throw new ContainerLaunchException(
                    $"the volume {volume.HostPath} does not exist on this machine", ContainerLaunchFailure.InvalidSpec);
            }

            if (volume.Propagation == VolumePropagation.Both)
            {
                SharedMounts.Check(spec, volume);
            }

            mounts.Add(OciMount.Bind(
                shared.GetValueOrDefault(volume) ?? volume.HostPath,
                Target(volume.ContainerPath),
                volume.ReadOnly,
                volume.Propagation switch
                {
                    VolumePropagation.None => "rprivate",
                    VolumePropagation.FromHost => "rslave",
                    _ => "rshared",
                }) with
            {
                Files = volume.IsOfMachine ? MountedFiles.Machines : MountedFiles.Own,
            });
        }

        foreach (var volume in prepared.Memory)
        {
            mounts.Add(new OciMount(
                Target(volume.ContainerPath), "tmpfs", "tmpfs", ["nosuid", "nodev", .. volume.Options, volume.ReadOnly ? "ro" : "rw"]));
        }

        foreach (var mount in mounts)
        {
            hostRoot?.RefuseIfWritesToHost(mount.Destination, sandbox, mounts);
        }

        return mounts.OrderBy(static mount => mount.Destination.Count(static c => c == '/'));

        string Target(string containerPath) => Path.GetFullPath(containerPath, sandbox).TrimEnd('/') is { Length: > 0 } target
            ? target
            : throw new ContainerLaunchException("a volume cannot be mounted at /", ContainerLaunchFailure.InvalidSpec);
    }
}
