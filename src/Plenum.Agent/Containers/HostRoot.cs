using Plenum.Agent.Containers.Oci;

namespace Plenum.Agent.Containers;

/// <summary>
/// The root of a container without an image: the machine's own programs, read-only, and nothing else of the
/// machine; or, where the operator chose so, all of its directories. Each container has a skeleton of its own, so that
/// mount points can be made in it.
/// </summary>
internal sealed class HostRoot
{
    /// <summary>What holds programs, their libraries and their configuration. /home, /root, /var and /srv hold data.</summary>
    private static readonly string[] ProgramDirectories =
        ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt"];

    /// <summary>Secrets of the machine below /etc: a task is root in its container and could read them.</summary>
    private static readonly string[] Secrets =
    [
        "/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/ssl/private", "/etc/ssh", "/etc/plenum",
        "/etc/kubernetes", "/etc/docker", "/etc/containers/auth.json",
    ];

    /// <summary>What every container has of its own, also where it shares the rest.</summary>
    private static readonly string[] OwnDirectories = ["/dev", "/proc", "/sys"];

    private readonly List<(string Path, string Target)> _links = [];

    private HostRoot(IEnumerable<string> directories, bool isShared)
    {
        IsShared = isShared;
        var mounts = new List<OciMount>();
        foreach (var directory in directories)
        {
            if (File.ResolveLinkTarget(directory, returnFinalTarget: false) is not null)
            {
                // A merged /usr: /bin is a link and stays one.
                _links.Add((directory[1..], new FileInfo(directory).LinkTarget!));
            }
            else
            {
                mounts.Add(isShared
                    // Whatever the machine mounts or unmounts there later, its tasks see it so.
                    ? OciMount.Bind(directory, directory, readOnly: false, "rslave")
                    : OciMount.Bind(directory, directory, readOnly: true));
            }
        }
        Mounts = mounts;
        HiddenPaths = isShared ? [] : [.. Secrets.Where(Path.Exists)];
    }

    /// <summary>The machine's programs, libraries and configuration, read-only and without its secrets.</summary>
    public static HostRoot Programs() => new(ProgramDirectories.Where(Path.Exists), isShared: false);

    /// <summary>Every directory that the machine has now, writable as far as the task's user may write there.</summary>
    public static HostRoot Whole() => new(
        Directory.GetDirectories("/").Except(OwnDirectories, StringComparer.Ordinal).Order(StringComparer.Ordinal), isShared: true);

    /// <summary>It shows the machine's own files, /tmp among them, and a task may change them.</summary>
    public bool IsShared { get; }

    public IReadOnlyList<OciMount> Mounts { get; }

    public IReadOnlyList<string> HiddenPaths { get; }

    public void CreateSkeleton(string root)
    {
        Directory.CreateDirectory(root);
        foreach (var (path, target) in _links)
        {
            File.CreateSymbolicLink(Path.Join(root, path), target);
        }
    }

    /// <summary>
    /// A volume below one of the machine's directories needs its mount point there already: making one
    /// would write into the machine's own files.
    /// </summary>
    public void RefuseIfWritesToHost(string containerPath, string sandbox, IReadOnlyList<OciMount> volumes)
    {
        // Below the sandbox or another volume it is made there.
        if (!Path.Exists(containerPath)
            && !containerPath.StartsWith(sandbox + "/", StringComparison.Ordinal)
            && Mounts.Any(mount => containerPath.StartsWith(mount.Destination + "/", StringComparison.Ordinal))
            && !volumes.Any(volume => containerPath.StartsWith(volume.Destination + "/", StringComparison.Ordinal)))
        {
            throw new ContainerLaunchException(
                $"the volume path {containerPath} does not exist, and without an image it lies in a directory of the machine itself",
                ContainerLaunchFailure.InvalidSpec);
        }
    }
}
