namespace Plenum.Marathon.Tests.Definitions;

/// <summary>Definitions of the real world, which lie beside the repository and are not part of it.</summary>
internal static class SharedData
{
    public static string? Folder { get; } = Find();

    public static string Path(string name) => System.IO.Path.Combine(Folder!, name);

    public static byte[] Read(string name) => File.ReadAllBytes(Path(name));

    // A worktree of the repository may lie one level deeper than the repository itself.
    private static string? Find()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(System.IO.Path.Combine(root.FullName, "Plenum.slnx")))
        {
            root = root.Parent;
        }

        return new[] { "../shared/data/marathon", "../../shared/data/marathon" }
            .Select(relative => System.IO.Path.GetFullPath(System.IO.Path.Combine(root?.FullName ?? ".", relative)))
            .FirstOrDefault(Directory.Exists);
    }
}

/// <summary>A test that needs those definitions.</summary>
internal sealed class SharedDataFactAttribute : FactAttribute
{
    public SharedDataFactAttribute()
    {
        if (SharedData.Folder is null)
        {
            Skip = "../shared/data/marathon is not there";
        }
    }
}

/// <inheritdoc cref="SharedDataFactAttribute"/>
internal sealed class SharedDataTheoryAttribute : TheoryAttribute
{
    public SharedDataTheoryAttribute()
    {
        if (SharedData.Folder is null)
        {
            Skip = "../shared/data/marathon is not there";
        }
    }
}
