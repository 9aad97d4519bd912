namespace Plenum.Cluster.Tests.Harness;

/// <summary>Where the built programs and the repository's files are, seen from the test assembly.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    private static string Configuration { get; } =
        AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
            ? "Release"
            : "Debug";

    public static string Server => Program("Plenum.Server", "plenumd");

    public static string CommandLine => Program("Plenum.Cli", "plenum");

    private static string Program(string project, string name) =>
        Path.Combine(Root, "src", project, "bin", Configuration, "net10.0", name);

    private static string FindRoot()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Plenum.slnx")))
            {
                return at.FullName;
            }
        }

        throw new InvalidOperationException($"no Plenum.slnx above {AppContext.BaseDirectory}");
    }
}
