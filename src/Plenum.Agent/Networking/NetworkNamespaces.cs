using Plenum.Agent.Native;

namespace Plenum.Agent.Networking;

/// <summary>
/// Network namespaces that are kept by a file, so that they live without a process: the plugins work on them
/// before the container's first process exists and after its last one ended.
/// </summary>
/// <param name="directory">
/// Below /run. It is a shared mount of its own: containers have copies of the machine's mounts, and only the end of a
/// mount below a shared one reaches the copies, which would otherwise keep each other's namespaces alive.
/// </param>
internal sealed class NetworkNamespaces(string directory)
{
    private readonly Lock _gate = new();

    public string FileOf(string name) => Path.Join(directory, name);

    /// <param name="made">One that was made for the container's users; null: one of the machine's.</param>
    /// <exception cref="NativeException">The kernel refused.</exception>
    public void Create(string name, string? made)
    {
        Prepare();
        var file = FileOf(name);
        File.WriteAllBytes(file, []);
        if (made is null)
        {
            NetworkWindow.Create(file);
        }
        else
        {
            NetworkWindow.Keep(made, file);
        }
    }

    public bool Exists(string name) => IsMounted(FileOf(name));

    public void Remove(string name)
    {
        var file = FileOf(name);
        if (IsMounted(file))
        {
            NativeException.ThrowIfFailed(LibC.Unmount(file, LibC.UnmountDetach), $"unmount {file}");
        }

        if (File.Exists(file))
        {
            // After a reboot /run is empty, its directories too.
            File.Delete(file);
        }
    }

    /// <summary>Removes the directory when nothing is left in it.</summary>
    public void RemoveDirectory()
    {
        lock (_gate)
        {
            if (!Directory.Exists(directory) || Directory.EnumerateFileSystemEntries(directory).Any())
            {
                return;
            }

            if (IsMounted(directory))
            {
                NativeException.ThrowIfFailed(LibC.Unmount(directory, LibC.UnmountDetach), $"unmount {directory}");
            }

            Directory.Delete(directory);
        }
    }

    private void Prepare()
    {
        lock (_gate)
        {
            if (IsMounted(directory))
            {
                return;
            }

            Directory.CreateDirectory(directory);
            NativeException.ThrowIfFailed(
                LibC.Mount(directory, directory, null, LibC.MountBind, null), $"mount {directory}");
            NativeException.ThrowIfFailed(
                LibC.Mount(null, directory, null, LibC.MountShared, null), $"share {directory}");
        }
    }

    private static bool IsMounted(string path) =>
        File.ReadLines("/proc/self/mountinfo").Any(line => line.Split(' ', 6) is { Length: > 4 } fields && fields[4] == path);
}
