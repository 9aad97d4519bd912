using System.Text.Json;
using Plenum.Cli.Tests.Harness;

namespace Plenum.Cli.Tests.Moving;

/// <summary>Definitions of the real world, in every form that Marathon ever printed: what the server made of one is no difference to it.</summary>
public sealed class SharedDefinitionsTests : IAsyncLifetime
{
    private RealMarathon _target = null!;

    public async Task InitializeAsync() => _target = await RealMarathon.StartAsync();

    public async Task DisposeAsync() => await _target.DisposeAsync();

    [SharedDataTheory]
    [InlineData("large/group-100.json")]
    [InlineData("large/group-1000.json")]
    [InlineData("group.json")]
    [InlineData("apps_create.json")]
    [InlineData("app_list.json")]
    [InlineData("system")]
    public async Task What_was_taken_is_the_same_the_next_time(string name)
    {
        // The server may refuse some, with a reason; the rest must settle.
        var path = Path.Combine(SharedDataTheoryAttribute.Folder!, name);
        var first = await _target.RunAsync("import", "marathon", path, "--yes", "--scale-zero", "--json");
        var items = Items(first);
        items.Count(item => Text(item, "result") == "moved").ShouldBeGreaterThan(0, first.Error);

        var refused = items.Where(item => Text(item, "result") != "moved").Select(item => Text(item, "id")).ToHashSet();
        var second = Items(await _target.RunAsync("import", "marathon", path, "--dry-run", "--scale-zero", "--json"));
        second.Where(item => Text(item, "state") != "same" && !refused.Contains(Text(item, "id")))
            .Select(item => item.GetRawText())
            .ShouldBeEmpty();
    }

    private static List<JsonElement> Items(CliRun run)
    {
        run.Output.ShouldNotBeEmpty(run.Error);
        return [.. JsonDocument.Parse(run.Output).RootElement.GetProperty("items").EnumerateArray()];
    }

    private static string? Text(JsonElement item, string name) => item.TryGetProperty(name, out var value) ? value.GetString() : null;
}

/// <summary>A test that needs the definitions which lie beside the repository.</summary>
internal sealed class SharedDataTheoryAttribute : TheoryAttribute
{
    public SharedDataTheoryAttribute()
    {
        if (Folder is null)
        {
            Skip = "../shared/data/marathon is not there";
        }
    }

    public static string? Folder { get; } = Find();

    // A worktree of the repository may lie one level deeper than the repository itself.
    private static string? Find()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Plenum.slnx")))
        {
            root = root.Parent;
        }

        return new[] { "../shared/data/marathon", "../../shared/data/marathon" }
            .Select(relative => Path.GetFullPath(Path.Combine(root?.FullName ?? ".", relative)))
            .FirstOrDefault(Directory.Exists);
    }
}
