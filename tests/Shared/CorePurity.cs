namespace Plenum.Tests.Shared;

/// <summary>
/// A core that shares a project with its shell cannot have the kernel's banned symbols switched on for its folders
/// alone; this holds its sources to the same rule. Compiled into each test project that needs it.
/// </summary>
internal static class CorePurity
{
    private static readonly string[] Forbidden =
    [
        "TimeProvider", "Stopwatch", "UtcNow", "TickCount", "Guid.NewGuid", "CreateVersion7", "Random.Shared", "new Random()",
        "System.IO", "System.Net", "System.Threading", "async ", "await ", "File.", "Directory.", "ILogger",
    ];

    /// <param name="folders">Below the root of the repository.</param>
    /// <param name="exempt">Names of files that lie there without being part of the core.</param>
    public static void Check(IEnumerable<string> folders, params string[] exempt)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Plenum.slnx")))
        {
            root = root.Parent;
        }

        foreach (var folder in folders)
        {
            var sources = Directory.GetFiles(
                Path.Combine(root.ShouldNotBeNull().FullName, folder), "*.cs", SearchOption.AllDirectories);
            sources.ShouldNotBeEmpty();
            foreach (var source in sources.Where(source => !exempt.Contains(Path.GetFileName(source))))
            {
                var code = string.Join('\n', File.ReadLines(source)
                    .Where(static line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal)));
                foreach (var word in Forbidden)
                {
                    code.Contains(word, StringComparison.Ordinal).ShouldBeFalse($"{Path.GetFileName(source)} uses {word}");
                }
            }
        }
    }
}
