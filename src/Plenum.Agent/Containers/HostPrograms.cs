namespace Plenum.Agent.Containers;

/// <summary>The programs of the machine that run containers and bring images.</summary>
/// <param name="Conmon">Watches a container and keeps its exit status while no agent runs.</param>
/// <param name="Runtime">crun, or runc where crun cannot be had.</param>
/// <param name="RuntimeIsCrun">Which of the two it is.</param>
internal sealed record HostPrograms(string Conmon, string Runtime, bool RuntimeIsCrun)
{
    /// <summary>Searched besides PATH, which a service manager may have cut down.</summary>
    private static readonly string[] UsualDirectories = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"];

    /// <exception cref="ContainerLaunchException">A program is missing; the message names the package that has it.</exception>
    public static HostPrograms Find()
    {
        var conmon = TryFind("conmon") ?? throw Missing("conmon");
        if (TryFind("crun") is { } crun)
        {
            return new HostPrograms(conmon, crun, RuntimeIsCrun: true);
        }
        return new HostPrograms(conmon, TryFind("runc") ?? throw Missing("crun"), RuntimeIsCrun: false);
    }

    public static string? TryFind(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Concat(UsualDirectories)
            .Select(directory => Path.Combine(directory, program))
            .FirstOrDefault(File.Exists);

    private static ContainerLaunchException Missing(string package) =>
        new($"{package} is not installed on this machine (apt-get install {package})");
}
