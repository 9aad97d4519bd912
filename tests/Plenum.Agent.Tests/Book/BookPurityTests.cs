namespace Plenum.Agent.Tests.Book;

/// <summary>
/// The book lives in the agent's project, where the core's banned symbols cannot be switched on for one
/// folder; this holds it to the same rule.
/// </summary>
public sealed class BookPurityTests
{
    private static readonly string[] Forbidden =
    [
        "TimeProvider", "Stopwatch", "UtcNow", "TickCount", "NewGuid", "CreateVersion7", "Random.Shared", "new Random()",
        "System.IO", "System.Net", "System.Threading", "async ", "await ", "File.", "Directory.", "ILogger",
    ];

    [Fact]
    public void The_book_knows_no_clock_no_chance_no_io_and_no_threads()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Plenum.slnx")))
        {
            root = root.Parent;
        }

        var sources = Directory.GetFiles(Path.Combine(root.ShouldNotBeNull().FullName, "src/Plenum.Agent/Book"), "*.cs", SearchOption.AllDirectories);
        sources.ShouldNotBeEmpty();
        foreach (var source in sources)
        {
            var code = string.Join('\n', File.ReadLines(source).Where(static line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal)));
            foreach (var word in Forbidden)
            {
                code.Contains(word, StringComparison.Ordinal).ShouldBeFalse($"{Path.GetFileName(source)} uses {word}");
            }
        }
    }
}
