using System.Globalization;
using Plenum.Agent.Containers.Cgroups;
using Plenum.Agent.Containers.Oci;
using Plenum.Agent.Containers.Users;
using Plenum.Agent.Images;
using Plenum.Agent.Networking;
using Plenum.Agent.Volumes;
using Plenum.Http.Diagnostics;

namespace Plenum.Agent.Containers;

/// <summary>Turns a container's specification into an OCI bundle on disk.</summary>
internal sealed class BundleBuilder(ContainerRuntimeOptions options, CgroupHost cgroups)
{
    /// <summary>Where Mesos shows the sandbox to a container with an image.</summary>
    public const string SandboxWithImage = "/mnt/mesos/sandbox";

    /// <summary>Docker's size of /dev/shm; it counts against the memory limit.</summary>
    private const string SharedMemorySize = "size=67108864";

    private const string Leaf = "holder";

    private readonly HostRoot _programs = HostRoot.Programs();

    private static readonly string[] HolderArguments = ["/bin/sleep", "infinity"];

    /// <summary>
    /// The cgroup of a container. What is nested lies below its outermost parent, so that the limits of that hold for
    /// all; the parent's own processes are in a leaf of their own, since version 2 allows processes in leaves only.
    /// </summary>
    /// <param name="key">Whose.</param>
    /// <param name="rootHasLeaf">Where the outermost one's processes are.</param>
    public string CgroupOf(ContainerKey key, bool rootHasLeaf)
    {
        var root = $"/{options.CgroupParent}/{key.Root.Value}";
        if (key.Parent is null)
        {
            return root;
        }
        // On version 2 a parent that an earlier agent started has processes, and can have no cgroup with controllers below it.
        if (cgroups.IsUnified && !rootHasLeaf)
        {
            return $"/{options.CgroupParent}/{key.Name}";
        }
        var name = key.Name[(key.Root.Value.Length + 1)..];
        // A caller may choose any name; no name ends with a dot.
        return name == Leaf ? $"{root}/{name}." : $"{root}/{name}";
    }

    /// <summary>
    /// Whether the container's processes go into a leaf: a pod's sleeper always, and on version 2 all that something may be
    /// nested in, which is not known before.
    /// </summary>
    public bool HasLeaf(ContainerSpec spec) => spec.HoldsPod || (cgroups.IsUnified && spec.Key.Parent is null);

    public static string ProcessCgroup(string cgroup, bool hasLeaf) => hasLeaf ? $"{cgroup}/{Leaf}" : cgroup;

    /// <summary>
    /// Memory that a pod's containers share is a directory on the machine's own tmpfs: a mount would have to
    /// be carried into every container's mount namespace.
    /// </summary>
    public string SharedMemoryOf(ContainerKey podRoot) => $"/dev/shm/{options.CgroupParent}-{podRoot.Value}";

    /// <summary>Writes the bundle. The directory is private to the agent: the configuration holds the environment.</summary>
    public void Build(BundleLayout bundle, ContainerSpec spec, BundleSurroundings around)
    {
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(bundle.Directory, ownerOnly);
        Directory.CreateDirectory(bundle.Exits);
        Directory.CreateDirectory(bundle.Persist);

        foreach (var (_, room) in around.Volumes.Images)
        {
            room.Create();
        }

        foreach (var (_, place) in SharedMounts.Of(spec, bundle))
        {
            Directory.CreateDirectory(place);
        }

        var nameFiles = around.Network?.NameFiles;
        if (around.Network is null && (spec.HostName is not null || !spec.Names.IsDefault))
        {
            nameFiles = Path.Join(bundle.Directory, "names");
            NameFiles.Write(nameFiles, spec.HostName ?? Environment.MachineName, addresses: null, [], spec.Names);
        }

        var hostRoot = around.Image is null ? HostRootOf(spec) : null;
        var config = Describe(bundle, spec, around, hostRoot, nameFiles);
        PrepareSandbox(spec, hostRoot, config.Process.User);
        GiveVolumes(spec.Mounts.Concat(around.Volumes.Mounts), config.Process.User);
        if (hostRoot is not null)
        {
            hostRoot.CreateSkeleton(bundle.Root);
        }
        else
        {
            Directory.CreateDirectory(bundle.Root);
            Directory.CreateDirectory(bundle.Upper);
            Directory.CreateDirectory(bundle.Work);
        }
        if (spec.HoldsPod)
        {
            Directory.CreateDirectory(SharedMemoryOf(spec.Key), (UnixFileMode)0x3ff);
            File.SetUnixFileMode(SharedMemoryOf(spec.Key), (UnixFileMode)0x3ff);
            around.Users?.Give(SharedMemoryOf(spec.Key), around.Users.Range.First);
        }
        var rooms = around.Volumes.Images.Select(static volume => volume.Room).Append(new ImageRoom(bundle.Root, bundle.Upper, bundle.Work));
        (around.Users?.Apply(config, rooms, spec.SandboxDirectory) ?? config).Write(bundle.Config);
    }

    private OciConfig Describe(BundleLayout bundle, ContainerSpec spec, BundleSurroundings around, HostRoot? hostRoot, string? nameFiles)
    {
        CommandLine.Validate(spec.Command);
        var image = around.Image;
        var sandbox = image is null ? spec.SandboxDirectory : SandboxWithImage;
        var account = UserAccount.Resolve(
            spec.Command.User, image is null ? static path => File.Exists(path) ? File.ReadAllText(path) : null : image.ReadText);
        if (around.Users is not null)
        {
            UserMounts.Check(account);
        }
        var capabilities = CapabilitySets.For(spec.Linux);
        return new OciConfig
        {
            Process = new OciProcess
            {
                Arguments = spec.HoldsPod ? HolderArguments
                    : spec.Linux.Init ? InitProgram.Wrap(CommandLine.Arguments(spec.Command, image?.Config))
                    : CommandLine.Arguments(spec.Command, image?.Config),
                Environment = EnvironmentOf(spec, image, sandbox),
                WorkingDirectory = spec.Command.WorkingDirectory ?? image?.Config.WorkingDirectory ?? sandbox,
                User = account,
                Capabilities = capabilities,
                NewPrivileges = spec.Linux.Privileged || spec.Linux.NewPrivileges,
                ResourceLimits = LimitsOf(spec),
                OomScoreAdjustment = CgroupSettings.OomScoreAdjustment(spec.Limits, static () => SystemStatistics.Read().TotalMemory),
                Terminal = spec.Terminal,
            },
            RootPath = bundle.Root,
            RootReadOnly = image is null || spec.Linux.ReadOnlyRoot,
            HostName = around.Network?.HostName ?? spec.HostName ?? Environment.MachineName,
            Mounts = Mounts(bundle, spec, around, hostRoot, sandbox, nameFiles),
            SeesLaterMounts = hostRoot is { IsShared: true } || spec.Mounts.Any(static mount => mount.Propagation != VolumePropagation.None),
            NetworkNamespace = around.Network?.NamespacePath,
            CgroupPath = ProcessCgroup(around.Cgroup, HasLeaf(spec)),
            Limits = HasLeaf(spec) ? null : CgroupSettings.From(spec.Limits, options.DefaultProcesses),
            IpcNamespace = NamespaceSharing.Ipc(spec, around.Pod?.Pid),
            PidNamespace = NamespaceSharing.Pid(spec, around.ParentPid),
            Linux = spec.Linux.Privileged ? spec.Linux with { Devices = OciDevice.OfMachine() } : spec.Linux,
            HiddenPaths = hostRoot?.HiddenPaths ?? [],
            Seccomp = spec.Linux.SeccompProfile is { } profile
                ? NamedSeccompProfile.Load(options.SeccompDirectory, profile, capabilities.Bounding)
                : null,
        };
    }

    private List<OciMount> Mounts(
        BundleLayout bundle, ContainerSpec spec, BundleSurroundings around, HostRoot? hostRoot, string sandbox, string? nameFiles)
    {
        var image = around.Image;
        List<OciMount> mounts =
        [
            .. hostRoot?.Mounts ?? [],
            new("/proc", "proc", "proc", "nosuid", "noexec", "nodev"),
            new("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
            new("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"),
            new("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"),
            SharedMemory(spec, around.Pod?.Key ?? (spec.HoldsPod ? spec.Key : null)),
            new("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", spec.Linux.Privileged ? "rw" : "ro"),
            // A JVM and .NET read their memory limit from here.
            new("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", spec.Linux.Privileged ? "rw" : "ro"),
        ];
        if (spec.Linux.Init)
        {
            mounts.Add(InitProgram.Mount());
        }
        mounts.AddRange(spec.Linux.Mounts);
        if (hostRoot is { IsShared: false })
        {
            mounts.Add(OciMount.Bind(Path.Join(spec.SandboxDirectory, "tmp"), "/tmp", readOnly: false) with { Files = MountedFiles.Own });
        }
        if (nameFiles is not null)
        {
            // Without an image /etc is the machine's own, read-only: a file that it does not have cannot be covered.
            mounts.AddRange(NameFiles.All
                .Where(file => image is not null || File.Exists(file.Target))
                .Select(file => OciMount.Bind(Path.Join(nameFiles, file.Name), file.Target, readOnly: false) with { Files = MountedFiles.Own }));
        }
        else if (image is not null)
        {
            mounts.AddRange(NameFiles.All.Select(static file => file.Target).Where(File.Exists)
                .Select(static file => OciMount.Bind(file, file, readOnly: true)));
        }
        mounts.Add(OciMount.Bind(spec.SandboxDirectory, sandbox, readOnly: false) with { Files = MountedFiles.Own });
        mounts.AddRange(VolumeMounts.Of(spec, bundle, around.Volumes, sandbox, hostRoot));
        return mounts;
    }

    // Of two limits for the same resource docker's parameter counts, which comes last.
    private static IReadOnlyList<OciResourceLimit> LimitsOf(ContainerSpec spec) =>
    [
        .. OciResourceLimit.From(spec.ResourceLimits).Concat(spec.Linux.ResourceLimits)
            .GroupBy(static limit => limit.Name, StringComparer.Ordinal)
            .Select(static limits => limits.Last()),
    ];

    private static Dictionary<string, string> EnvironmentOf(ContainerSpec spec, ProvisionedImage? image, string sandbox)
    {
        var environment = CommandLine.Environment(spec.Command, image?.Config, sandbox);
        if (spec.Terminal is not null)
        {
            environment.TryAdd("TERM", "xterm");
        }
        return environment;
    }

    private static void GiveVolumes(IEnumerable<ContainerMount> mounts, UserAccount account)
    {
        if (account.User != 0)
        {
            foreach (var mount in mounts.Where(static mount => mount.GivenToUser))
            {
                SandboxOwner.Give(mount.HostPath, account.User, account.Group);
            }

            foreach (var mount in mounts.Where(static mount => mount.IsGivenToFirstUser))
            {
                SandboxOwner.GiveUnowned(mount.HostPath, account.User, account.Group);
            }
        }
    }

    private OciMount SharedMemory(ContainerSpec spec, ContainerKey? pod)
    {
        const string target = "/dev/shm";
        if (spec.Linux.SharesIpcNamespace != false && pod is not null)
        {
            return OciMount.Bind(SharedMemoryOf(pod), target, readOnly: false);
        }
        return spec.Linux.SharesIpcNamespace == true
            ? OciMount.Bind(target, target, readOnly: false)
            : new OciMount(
                target, "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777",
                spec.Linux.SharedMemoryBytes is long size ? string.Create(CultureInfo.InvariantCulture, $"size={size}") : SharedMemorySize);
    }

    /// <summary>A pod's holder only sleeps.</summary>
    private HostRoot HostRootOf(ContainerSpec spec) => options.SharesHost && !spec.HoldsPod ? HostRoot.Whole() : _programs;

    private static void PrepareSandbox(ContainerSpec spec, HostRoot? hostRoot, UserAccount account)
    {
        const UnixFileMode everybodyAndSticky = (UnixFileMode)0x3ff;
        var temporary = Path.Join(spec.SandboxDirectory, "tmp");
        if (hostRoot is { IsShared: false } && !Directory.Exists(temporary))
        {
            Directory.CreateDirectory(temporary);
            File.SetUnixFileMode(temporary, everybodyAndSticky);
        }
        if (account.User != 0)
        {
            SandboxOwner.Give(spec.SandboxDirectory, account.User, account.Group);
        }
    }
}
