namespace Plenum.Agent.Containers;

/// <summary>The programs of the machine that run containers and bring images.</summary>
/// <param name="Conmon">Watches a container and keeps its exit status while no agent runs.</param>
/// <param name="Runtime">crun, or runc where crun cannot be had.</param>
/// <param name="RuntimeIsCrun">Which of the two it is.</param>
internal sealed record HostPrograms(string Conmon, string Runtime, bool RuntimeIsCrun)
{
    /// <summary>Searched besides PATH, which a service manager may have cut down.</summary>
    private static readonly string[] UsualDirectories = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"];

    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <exception cref="ContainerLaunchException">A program is missing or cannot be run; the message says what to do.</exception>
    public static HostPrograms Find() => FindIn(Environment.GetEnvironmentVariable("PATH") ?? "");

    /// <param name="path">Directories as in PATH.</param>
    /// <exception cref="ContainerLaunchException">A program is missing or cannot be run; the message says what to do.</exception>
    public static HostPrograms FindIn(string path) => FindOnlyIn(string.Join(':', UsualDirectories.Prepend(path)));

    /// <summary>As above, without the usual directories.</summary>
    public static HostPrograms FindOnlyIn(string path)
    {
        var conmon = Runnable("conmon", path) ?? throw Missing("conmon");
        return Runnable("crun", path) is { } crun
            ? new HostPrograms(conmon, crun, RuntimeIsCrun: true)
            : new HostPrograms(conmon, Runnable("runc", path) ?? throw Missing("crun"), RuntimeIsCrun: false);
    }

    public static string? TryFind(string program) =>
        FilesOf(program, string.Join(':', UsualDirectories.Prepend(Environment.GetEnvironmentVariable("PATH") ?? ""))).FirstOrDefault();

    private static IEnumerable<string> FilesOf(string program, string path) => path.Split(':', StringSplitOptions.RemoveEmptyEntries)
        .Select(directory => Path.Combine(directory, program))
        .Where(File.Exists);

    /// <summary>Null: there is none. The first that can be run, as a shell would look.</summary>
    private static string? Runnable(string program, string path)
    {
        var files = FilesOf(program, path).ToArray();
        return files.FirstOrDefault(static file => (File.GetUnixFileMode(file) & AnyExecute) != UnixFileMode.None)
            ?? (files is [var file, ..]
                ? throw new ContainerLaunchException($"{file} is not executable (chmod 755 {file}, or apt-get install --reinstall {program})")
                : null);
    }

    private static ContainerLaunchException Missing(string package) =>
        new($"{package} is not installed on this machine (apt-get install {package})");
}
