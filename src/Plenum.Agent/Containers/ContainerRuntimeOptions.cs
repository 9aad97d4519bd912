using Plenum.Agent.Containers.Logs;
using Plenum.Agent.Containers.Users;
using Plenum.Agent.Networking;

namespace Plenum.Agent.Containers;

/// <summary>How a machine's containers are run.</summary>
internal sealed record ContainerRuntimeOptions
{
    private const long UsualImages = 20L * 1024 * 1024 * 1024;

    /// <summary>The agent's work directory; records, bundles and images live below it.</summary>
    public required string WorkDirectory { get; init; }

    /// <summary>None asks for plain processes even where the agent is root.</summary>
    public ContainerIsolation Isolation { get; init; } =
        Environment.IsPrivilegedProcess ? ContainerIsolation.Linux : ContainerIsolation.None;

    /// <summary>
    /// Launches in progress at once. A launch is some 20 ms of processor time in conmon and crun: more than two
    /// per processor only lengthen the queue in the kernel.
    /// </summary>
    public int LaunchConcurrency { get; init; } = Math.Max(2, Environment.ProcessorCount * 2);

    /// <summary>
    /// How long conmon and the runtime have for one step of a launch or an exec, which takes milliseconds: as long as a kubelet
    /// waits for its runtime. Who hangs longer is killed.
    /// </summary>
    public TimeSpan RuntimeTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Processes and threads of one container when nobody says otherwise; well above a JVM's needs.</summary>
    public int DefaultProcesses { get; init; } = 4096;

    /// <summary>
    /// For each of stdout and stderr: 10 MiB as Mesos' logrotate logger keeps by default, in five pieces, and of the
    /// beginning as much as one answer of the files API holds.
    /// </summary>
    public LogLimits Logs { get; init; } = new(FileBytes: 2 * 1024 * 1024, Kept: 4, HeadBytes: 64 * 1024);

    /// <summary>Parent of all containers' cgroups, below the root of each hierarchy.</summary>
    public string CgroupParent { get; init; } = "plenum";

    /// <summary>Containers without an image see all of the machine's files and may change them; else its programs, read-only.</summary>
    public bool SharesHost { get; init; }

    /// <summary>User ids that containers have for themselves; null: theirs are the machine's.</summary>
    public UserNamespaceOptions? Users { get; init; }

    /// <summary>Containers that ask for whole cpus have so many processors for themselves.</summary>
    public bool ExclusiveProcessors { get; init; }

    /// <summary>The cpus that a container asks for are its limit where it names none.</summary>
    public bool BindsProcessors { get; init; }

    /// <summary>A container may be among the machine's processes and see them all, if it asks for that.</summary>
    public bool SharesProcesses { get; init; }

    /// <summary>Held by the one agent of the machine that gives processors away.</summary>
    public string ProcessorClaim { get; init; } = "/run/plenum-processors.lock";

    /// <summary>Where named seccomp profiles lie; null: there are none.</summary>
    public string? SeccompDirectory { get; init; }

    public NetworkOptions Networks { get; init; } = new();

    /// <summary>The program that speaks to drivers of external volumes, by name or path; dvdcli as Mesos uses it.</summary>
    public string DockerVolumeDriverCli { get; init; } = "dvdcli";

    /// <summary>Registries that may be asked without TLS, as host or host:port. Loopback always may.</summary>
    public IReadOnlyList<string> InsecureRegistries { get; init; } = [];

    /// <summary>
    /// How long a pull may take as a whole, its layers' unpacking included: what DC/OS gave a docker task to come up.
    /// </summary>
    public TimeSpan ImagePullTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>A docker config file with credentials for images that bring none of their own.</summary>
    public string? RegistryCredentials { get; init; }

    /// <summary>
    /// Holds a directory for each registry whose certificate is of a private authority, named HOST or HOST:PORT as in docker's
    /// certs.d. Null: what skopeo finds in /etc/containers/certs.d and /etc/docker/certs.d.
    /// </summary>
    public string? RegistryCertificates { get; init; }

    /// <summary>
    /// Bytes that images may take, packed and unpacked. Above it the least recently used go until four fifths are left;
    /// those in use never.
    /// </summary>
    public long ImageStoreBytes { get; init; } = UsualImages;

    /// <summary>Bytes that one layer may unpack to, unless the whole store may take more.</summary>
    public long LayerBytes { get; init; } = UsualImages;

    /// <summary>Bytes of the disk that unpacking an image leaves free: with less no container is started anyway.</summary>
    public long MinimumFreeBytes { get; init; }
}
