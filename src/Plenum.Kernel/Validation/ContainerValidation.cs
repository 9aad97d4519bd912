using Plenum.Protocol.V1;
using SandboxPathType = Plenum.Protocol.V1.Volume.Types.Source.Types.SandboxPath.Types.Type;
using SourceType = Plenum.Protocol.V1.Volume.Types.Source.Types.Type;

namespace Plenum.Kernel.Validation;

/// <summary>Rules of container descriptions.</summary>
internal static class ContainerValidation
{
    internal static string? Validate(ContainerInfo container)
    {
        if (!container.HasType)
        {
            return "ContainerInfo must specify 'type'";
        }

        foreach (var volume in container.Volumes)
        {
            if (Validate(volume) is { } error)
            {
                return $"Volume '{volume.ContainerPath}': {error}";
            }
        }

        return container.Type == ContainerInfo.Types.Type.Docker ? ValidateDocker(container) : ValidateImage(container.Mesos?.Image);
    }

    internal static bool HasImage(ContainerInfo? container) =>
        container?.Docker is { Image.Length: > 0 } || container?.Mesos?.Image is not null;

    /// <summary>Whether a pod's task lives in its executor's cgroup; so it does unless it says no.</summary>
    internal static bool SharesCgroups(TaskInfo task) => task.Container?.LinuxInfo?.ShareCgroups ?? true;

    private static string? ValidateDocker(ContainerInfo container)
    {
        if (container.Docker is not { } docker)
        {
            return "DockerInfo 'docker' is not set for DOCKER typed ContainerInfo";
        }

        if (docker.Image.Length == 0)
        {
            return "DockerInfo 'image' is empty";
        }

        if (docker.Parameters.Any(p => string.Equals(p.Key, "name", StringComparison.Ordinal)))
        {
            return "Parameter in DockerInfo must not be 'name'";
        }

        return container.NetworkInfos.Count > 1 ? "A DOCKER container joins at most one network" : null;
    }

    private static string? Validate(Volume volume)
    {
        if (volume.ContainerPath.Length == 0)
        {
            return "'container_path' is empty";
        }

        var origins = (volume.HasHostPath ? 1 : 0) + (volume.Image is not null ? 1 : 0) + (volume.Source is not null ? 1 : 0);
        if (origins != 1)
        {
            return "exactly one of 'host_path', 'image' and 'source' must be set";
        }

        return volume.Source is { } source ? ValidateSource(source) : ValidateImage(volume.Image);
    }

    private static string? ValidateSource(Volume.Types.Source source) => source.Type switch
    {
        SourceType.DockerVolume => source.DockerVolume is null ? "source type DOCKER_VOLUME must set 'docker_volume'" : null,
        SourceType.HostPath => source.HostPath is null ? "source type HOST_PATH must set 'host_path'" : null,
        SourceType.SandboxPath => ValidateSandboxPath(source.SandboxPath),
        SourceType.Secret => source.Secret is null ? "source type SECRET must set 'secret'" : CommandValidation.Validate(source.Secret),
        SourceType.CsiVolume => source.CsiVolume is null ? "source type CSI_VOLUME must set 'csi_volume'" : null,
        _ => "the source has an unknown type",
    };

    // A path that leaves the sandbox would read another task's files.
    private static string? ValidateSandboxPath(Volume.Types.Source.Types.SandboxPath? sandbox) =>
        sandbox is null ? "source type SANDBOX_PATH must set 'sandbox_path'"
        : sandbox.Type == SandboxPathType.Unknown ? "the sandbox path must say SELF or PARENT"
        : sandbox.Path.StartsWith('/') || sandbox.Path.Split('/').Contains("..", StringComparer.Ordinal)
            ? "the sandbox path must be relative and stay inside the sandbox"
        : null;

    private static string? ValidateImage(Image? image) => image switch
    {
        null => null,
        { Type: Image.Types.Type.Docker } => image.Docker is not { Name.Length: > 0 } ? "an image of type DOCKER must set 'docker.name'" : null,
        { Type: Image.Types.Type.Appc } => image.Appc is null ? "an image of type APPC must set 'appc'" : null,
        _ => "an image has an unknown type",
    };
}
