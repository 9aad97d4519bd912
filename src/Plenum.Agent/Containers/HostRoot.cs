using Plenum.Agent.Containers.Oci;

namespace Plenum.Agent.Containers;

/// <summary>
/// The root of a container without an image: the machine's own programs, read-only, and nothing else of the
/// machine. Each container has a skeleton of its own, so that mount points can be made in it.
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

    private readonly List<(string Path, string Target)> _links = [];

    public HostRoot()
    {
        var mounts = new List<OciMount>();
        foreach (var directory in ProgramDirectories.Where(Path.Exists))
        {
            if (File.ResolveLinkTarget(directory, returnFinalTarget: false) is not null)
            {
                // A merged /usr: /bin is a link and stays one.
                _links.Add((directory[1..], new FileInfo(directory).LinkTarget!));
            }
            else
            {
                mounts.Add(OciMount.Bind(directory, directory, readOnly: true));
            }
        }
        Mounts = mounts;
        HiddenPaths = [.. Secrets.Where(Path.Exists)];
    }

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
    public void RefuseIfWritesToHost(string containerPath, IReadOnlyList<OciMount> volumes)
    {
        // Below another volume it is made there.
        if (!Path.Exists(containerPath)
            && Mounts.Any(mount => containerPath.StartsWith(mount.Destination + "/", StringComparison.Ordinal))
            && !volumes.Any(volume => containerPath.StartsWith(volume.Destination + "/", StringComparison.Ordinal)))
        {
            throw new ContainerLaunchException(
                $"the volume path {containerPath} does not exist, and without an image it lies in a directory of the machine itself",
                ContainerLaunchFailure.InvalidSpec);
        }
    }
}
