using Plenum.Agent.Networking;
using Plenum.Agent.Volumes;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Containers;

/// <summary>All that a runtime needs to start one container.</summary>
internal sealed record ContainerSpec
{
    /// <summary>
    /// Identity. With a parent, the container lives in the parent's cgroup and shares its network and
    /// ipc namespaces; the parent must run.
    /// </summary>
    public required ContainerKey Key { get; init; }

    /// <summary>Existing directory on the host; stdout and stderr are kept in it.</summary>
    public required string SandboxDirectory { get; init; }

    public required ContainerCommand Command { get; init; }

    /// <summary>The image whose files are the container's root; null: the host's programs, read-only.</summary>
    public Image? Image { get; init; }

    /// <summary>Asked for by a call of the operator API: no task's, and unknown to the book.</summary>
    public bool IsCalled { get; init; }

    public ContainerLimits Limits { get; init; } = ContainerLimits.None;

    /// <summary>
    /// Only holds the namespaces and the limits of a pod for the containers nested in it: the command is
    /// not run, a sleeper is.
    /// </summary>
    public bool HoldsPod { get; init; }

    /// <summary>With a size, the command has a terminal of its own; the runtime without isolation refuses it.</summary>
    public TerminalSize? Terminal { get; init; }

    /// <summary>Null: the parent's network, or the machine's where there is no parent.</summary>
    public NetworkRequest? Network { get; init; }

    /// <summary>Null: the machine's name on the machine's network, otherwise the container's id.</summary>
    public string? HostName { get; init; }

    public NameResolution Names { get; init; } = NameResolution.Default;

    public IReadOnlyList<ContainerMount> Mounts { get; init; } = [];

    /// <summary>Volumes that the runtime prepares first and takes down after the container.</summary>
    public IReadOnlyList<VolumeRequest> Volumes { get; init; } = [];

    /// <summary>As the wire gives them; the host's hard limits bound what is applied.</summary>
    public RLimitInfo? ResourceLimits { get; init; }

    /// <summary>GPUs that are its own while it lives, as it finds them; they are among the devices of <see cref="Linux"/> too.</summary>
    public IReadOnlyList<string> GraphicsDevices { get; init; } = [];

    public LinuxSettings Linux { get; init; } = LinuxSettings.Default;
}
