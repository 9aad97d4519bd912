using Plenum.Agent.Book;
using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Oci;
using Plenum.Agent.Disks;
using Plenum.Agent.Graphics;
using Plenum.Agent.Sandboxes;
using Plenum.Agent.Secrets;
using Plenum.Agent.Volumes;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Launching;

/// <summary>
/// Translates a launch from the wire's words into the runtime's. What cannot be had yet is refused with
/// a sentence: a task that runs without the network or the volume it asked for runs wrong.
/// </summary>
internal sealed class ContainerSpecs(string workDirectory, SandboxLayout sandboxes, TaskEnvironment environment, DiskPools disks)
{
    private const long BytesPerMegabyte = 1024 * 1024;
    private const int MaxHostName = 64;

    /// <exception cref="ContainerLaunchException">Something was asked for that this agent cannot give.</exception>
    public ContainerSpec Build(ContainerLaunch launch, ContainerKey key, string sandbox, ContainerNetwork? parentNetwork)
    {
        var container = launch.Task is { } task ? task.Container : launch.Executor.Container;
        var command = launch.Task is null ? launch.Executor.Command : launch.Task.Command;
        var holder = launch.Kind == ContainerKind.Pod;
        var network = NetworkRequests.From(container, launch.Resources);
        var persistent = PersistentVolumesOf(launch.Resources).ToArray();
        var volumes = VolumeTranslation.Of(container, new SandboxRoom(sandbox, persistent), ParentRoomOf(launch, persistent));
        var spec = new ContainerSpec
        {
            Key = key,
            SandboxDirectory = sandbox,
            HoldsPod = holder,
            Command = holder
                ? new ContainerCommand { Environment = environment.For(launch, sandbox, command: null, network, parentNetwork) }
                : CommandOf(launch, command, container, environment.For(launch, sandbox, command, network, parentNetwork)),
            Image = holder ? null : ImageOf(container),
            Network = network,
            HostName = HostNameOf(container),
            Limits = LimitsOf(launch),
            Terminal = container?.TtyInfo is { } tty ? SizeOf(tty) : null,
            Mounts = [.. persistent, .. volumes.Mounts],
            Volumes = volumes.Volumes,
            ResourceLimits = container?.RlimitInfo,
            Linux = WithBlockDisks(LinuxRequests.From(container), launch.Resources),
        };
        return WithParameters(spec, container);
    }

    /// <summary>A container that is no task's: nested by an executor's order, or standing alone.</summary>
    /// <exception cref="ContainerLaunchException">Something was asked for that this agent cannot give.</exception>
    public ContainerSpec BuildCalled(
        ContainerKey key,
        string sandbox,
        CalledPlace? parent,
        CommandInfo? command,
        ContainerInfo? container,
        IReadOnlyList<Resource> resources,
        IReadOnlyDictionary<string, double> limits)
    {
        RefuseGraphics(resources);
        RefuseVolumes(resources);
        var image = ImageOf(container);
        if (command is not { HasValue: true } && image is null)
        {
            throw Impossible("There is nothing to run: neither a command nor an image with one");
        }

        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var variable in command?.Environment?.Variables ?? [])
        {
            variables[variable.Name] = TaskEnvironment.ValueOf(variable);
        }

        var volumes = VolumeTranslation.Of(container, new SandboxRoom(sandbox, []), ParentRoomOf(container, parent));
        var spec = new ContainerSpec
        {
            Key = key,
            SandboxDirectory = sandbox,
            IsCalled = true,
            Command = CommandOf(command, variables, command?.HasUser == true ? command.User : parent?.User),
            Image = image,
            Network = NetworkRequests.From(container, resources),
            HostName = HostNameOf(container),
            Limits = key.Parent is not null && SharesCgroups(container) ? ContainerLimits.OfParent : LimitsOf(resources, limits),
            Terminal = container?.TtyInfo is { } tty ? SizeOf(tty) : null,
            Mounts = volumes.Mounts,
            Volumes = volumes.Volumes,
            ResourceLimits = container?.RlimitInfo,
            Linux = LinuxRequests.From(container),
        };
        return WithParameters(spec, container);
    }

    public static TerminalSize SizeOf(TTYInfo tty) => tty.WindowSize is { } size
        ? new TerminalSize((ushort)Math.Min(size.Rows, ushort.MaxValue), (ushort)Math.Min(size.Columns, ushort.MaxValue))
        : TerminalSize.Default;

    public static ContainerLimits LimitsOf(IEnumerable<Resource> resources, IReadOnlyDictionary<string, double> limits)
    {
        var set = ResourceSet.FromWire(resources);
        double? Limit(string name) => limits.TryGetValue(name, out var value) ? value : null;
        var cpus = set.Scalar("cpus");
        var memory = set.Scalar("mem");
        return new ContainerLimits
        {
            Cpus = cpus > 0 ? cpus : null,
            // One revocable cpu makes all that the container computes revocable: its processes cannot be told apart.
            IsRevocable = set.Revocable.Scalar("cpus") > 0,
            CpuLimit = Limit("cpus"),
            MemoryBytes = memory > 0 ? (long)(memory * BytesPerMegabyte) : null,
            MemoryLimitBytes = Limit("mem") switch
            {
                null => null,
                double.PositiveInfinity => long.MaxValue,
                { } limit => (long)(limit * BytesPerMegabyte),
            },
        };
    }

    public static ContainerCommand CommandOf(CommandInfo? command, IReadOnlyDictionary<string, string> variables, string? user) => new()
    {
        Shell = command?.Shell ?? false,
        Value = command?.HasValue == true ? command.Value : null,
        Arguments = command is null ? [] : [.. command.Arguments],
        Environment = variables,
        SecretVariables = LaunchSecrets.SecretNames(command),
        User = user,
    };

    private static ContainerCommand CommandOf(
        ContainerLaunch launch, CommandInfo? command, ContainerInfo? container, Dictionary<string, string> variables)
    {
        var user = command?.HasUser == true ? command.User : launch.Framework.User;
        var built = CommandOf(command, variables, string.IsNullOrEmpty(user) ? null : user);
        if (container?.Type == ContainerInfo.Types.Type.Docker && !built.Shell)
        {
            // For docker containers the value is the first argument of the image's entry point, not a
            // program in its place (mesos.md 6.2).
            built = built with
            {
                Value = null,
                Arguments = built.Value is { } value ? [value, .. built.Arguments] : built.Arguments,
                ArgumentsReplaceCommand = true,
            };
        }

        if (built.Value is null && ImageOf(container) is null)
        {
            throw Impossible("There is nothing to run: neither a command nor an image with one");
        }

        return built;
    }

    private static Image? ImageOf(ContainerInfo? container) => container switch
    {
        { Type: ContainerInfo.Types.Type.Docker, Docker: { } docker } => new Image
        {
            Type = Image.Types.Type.Docker,
            Docker = new Image.Types.Docker { Name = docker.Image },
            Cached = !docker.ForcePullImage,
        },
        { Mesos.Image: { } image } => image,
        _ => null,
    };

    /// <summary>In the form of a status' limitation.</summary>
    public static Resource Memory(long bytes) => new()
    {
        Name = "mem",
        Type = Value.Types.Type.Scalar,
        Scalar = new Value.Types.Scalar { Value = bytes / BytesPerMegabyte },
    };

    // What is nested lives within its parent's limits unless it says otherwise; so Mesos' default.
    private static bool SharesCgroups(ContainerInfo? container) => container?.LinuxInfo?.ShareCgroups ?? true;

    private static ContainerLimits LimitsOf(ContainerLaunch launch)
    {
        // Tasks of a pod live within the pod's limits unless they ask for their own (mesos.md 6.10).
        if (launch.Kind == ContainerKind.PodTask && SharesCgroups(launch.Task!.Container))
        {
            return ContainerLimits.OfParent;
        }

        return LimitsOf(launch.Resources, launch.Limits);
    }

    // A device that is counted and not handed out would be a card that nobody can use.
    private static void RefuseGraphics(IEnumerable<Resource> resources)
    {
        if (resources.Any(static resource => resource.Name == GraphicsDevices.Resource && resource.Scalar?.Value > 0))
        {
            throw Impossible("GPUs are given to tasks only: ask for gpus 0");
        }
    }

    // The master's bookkeeping gives volumes to tasks; a path in a sandbox without its disk behind it would lose what is written.
    private static void RefuseVolumes(IEnumerable<Resource> resources)
    {
        if (resources.FirstOrDefault(static resource => resource.Disk is { Persistence: not null } or { Volume: not null } or { Source: not null }) is { } disk)
        {
            throw Impossible(
                $"The volume '{disk.Disk.Persistence?.Id ?? disk.Disk.Volume?.ContainerPath}' belongs to a task: "
                + "a container nested in the task's shows it by a volume of the source SANDBOX_PATH, type PARENT");
        }
    }

    /// <summary>What docker's parameters add comes last, as on its command line.</summary>
    private static ContainerSpec WithParameters(ContainerSpec spec, ContainerInfo? container) =>
        container?.Docker is { Parameters.Count: > 0 } docker ? DockerParameters.Apply(spec, docker.Parameters) : spec;

    // A label's bound of 63 characters and the kernel's of 64 for the whole; crun reports others as a bare errno.
    public static string CheckedHostName(string name) =>
        name.Length is > 0 and <= MaxHostName && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_')
            ? name
            : throw Impossible($"'{name}' is no host name: at most {MaxHostName} letters, digits, '-', '.' and '_'");

    private static string? HostNameOf(ContainerInfo? container) =>
        container?.HasHostname == true && container.Hostname.Length > 0 ? CheckedHostName(container.Hostname) : null;

    /// <summary>
    /// The pod's sandbox, two above its task's (<c>containers/ID</c>), with the volumes that Mesos' default executor
    /// would have mounted there: its own and those of its tasks (mesos.md 6.10).
    /// </summary>
    private SandboxRoom? ParentRoomOf(ContainerLaunch launch, IEnumerable<ContainerMount> own) => launch.Kind == ContainerKind.PodTask
        ? new SandboxRoom(
            sandboxes.PathOf(Path.GetDirectoryName(Path.GetDirectoryName(launch.Sandbox))!),
            [.. PersistentVolumesOf(launch.Executor.Resources), .. own])
        : null;

    // A container that names nothing of its parent's does not care whether the parent's disks are all there.
    private SandboxRoom? ParentRoomOf(ContainerInfo? container, CalledPlace? parent) =>
        parent is not null && container?.Volumes.Any(static volume =>
            volume.Source?.SandboxPath?.Type == Volume.Types.Source.Types.SandboxPath.Types.Type.Parent) == true
            ? new SandboxRoom(parent.Sandbox, [.. PersistentVolumesOf(parent.Resources)])
            : null;

    private IEnumerable<ContainerMount> PersistentVolumesOf(IReadOnlyList<Resource> resources)
    {
        foreach (var resource in resources)
        {
            if (resource.Disk is { Persistence: not null, Volume: { } volume } && !VolumePlace.IsBlock(resource))
            {
                yield return new ContainerMount(
                    PersistentVolumePath(resource),
                    volume.ContainerPath,
                    volume.Mode == Volume.Types.Mode.Ro)
                {
                    IsGivenToFirstUser = true,
                };
            }
        }
    }

    private LinuxSettings WithBlockDisks(LinuxSettings settings, IReadOnlyList<Resource> resources)
    {
        var devices = new List<OciDevice>();
        foreach (var resource in resources.Where(static resource => resource.Disk?.Persistence is not null && VolumePlace.IsBlock(resource)))
        {
            var (id, target) = (resource.Disk.Persistence.Id, resource.Disk.Volume?.ContainerPath ?? "");
            if (!Path.IsPathFullyQualified(target))
            {
                throw Impossible($"The persistent volume '{id}' is a block device: its container path must be absolute, such as /dev/{id}");
            }

            var access = resource.Disk.Volume!.Mode == Volume.Types.Mode.Ro ? "r" : "rw";
            devices.Add((disks.DeviceOf(resource) is { } device ? OciDevice.TryRead(device, target, access) : null)
                ?? throw Impossible($"The persistent volume '{id}' is not here: its disk is not attached. Bring the disk back, or destroy the volume"));
        }

        return devices.Count == 0 ? settings : settings with { Devices = [.. settings.Devices, .. devices] };
    }

    private string PersistentVolumePath(Resource volume)
    {
        var place = VolumePlace.Of(workDirectory, volume);
        return (place is null ? "its disk is of a kind that this agent does not have" : place.Problem()) is { } problem
            ? throw Impossible(
                $"The persistent volume '{volume.Disk.Persistence.Id}' is not here: {problem}. Bring the disk back, or destroy the volume")
            : place!.Path;
    }

    private static ContainerLaunchException Impossible(string message) => new(message, ContainerLaunchFailure.InvalidSpec);
}
