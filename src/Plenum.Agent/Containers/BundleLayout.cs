namespace Plenum.Agent.Containers;

/// <summary>The files kept for one container until it is destroyed.</summary>
internal sealed record BundleLayout(string Directory)
{
    public string Config => Path.Join(Directory, "config.json");

    public string Root => Path.Join(Directory, "rootfs");

    /// <summary>What a container with an image has written into its root.</summary>
    public string Upper => Path.Join(Directory, "upper");

    public string Work => Path.Join(Directory, "work");

    /// <summary>Images that are volumes, see <see cref="Plenum.Agent.Volumes.ImageRoom"/>.</summary>
    public string Volumes => Path.Join(Directory, "volumes");

    /// <summary>Volumes whose mounts the machine sees, see <see cref="Plenum.Agent.Volumes.SharedMounts"/>.</summary>
    public string Shared => Path.Join(Directory, "shared");

    /// <summary>Of a container in a user namespace: the layers, its files and its devices as it sees them, see <see cref="Users.UserMounts"/>.</summary>
    public string Layers => Path.Join(Directory, "layers");

    public string Mapped => Path.Join(Directory, "mapped");

    public string Devices => Path.Join(Directory, "devices");

    public string Record => Path.Join(Directory, "record.json");

    /// <summary>conmon writes a file with the exit code here, named like the container.</summary>
    public string Exits => Path.Join(Directory, "exits");

    public string Persist => Path.Join(Directory, "persist");

    public string RuntimeLog => Path.Join(Directory, "runtime.log");

    public string PidFile => Path.Join(Directory, "pid");

    /// <summary>conmon's log of a terminal, and how much of it is in the sandbox's stdout already.</summary>
    public string ConsoleLog => Path.Join(Directory, "console.log");

    public string ConsolePosition => Path.Join(Directory, "console.position");

    /// <summary>A pipe that takes "ROWS COLUMNS" lines.</summary>
    public string WindowSize => Path.Join(Directory, "winsz");

    /// <summary>The name, in this directory, of conmon's socket for what is typed.</summary>
    public const string AttachSocket = "attach";

    public string Sessions => Path.Join(Directory, "sessions");
}
