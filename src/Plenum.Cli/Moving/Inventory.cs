using System.Text.Json.Nodes;

namespace Plenum.Cli.Moving;

/// <summary>What a Marathon should run, without what it knows about how that runs. Every id is absolute.</summary>
internal sealed class Inventory
{
    // Marathon's own limit of a useful cluster is a tenth of this; it only stops a document that is not one.
    public const int MaximumServices = 100_000;

    public SortedDictionary<string, GroupEntry> Groups { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, JsonObject> Apps { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, JsonObject> Pods { get; } = new(StringComparer.Ordinal);

    public int Services => Apps.Count + Pods.Count;

    /// <summary>What lies at or under a path; all of it for the root.</summary>
    public Inventory Under(string prefix)
    {
        var part = new Inventory();
        Copy(Groups, part.Groups, prefix);
        Copy(Apps, part.Apps, prefix);
        Copy(Pods, part.Pods, prefix);
        return part;
    }

    public static bool IsUnder(string id, string prefix) =>
        prefix == "/" || id == prefix || id.StartsWith(prefix + "/", StringComparison.Ordinal);

    private static void Copy<T>(SortedDictionary<string, T> from, SortedDictionary<string, T> to, string prefix)
    {
        foreach (var (id, value) in from.Where(entry => IsUnder(entry.Key, prefix)))
        {
            to.Add(id, value);
        }
    }
}

/// <param name="Dependencies">Apps and groups that everything in the group waits for, as absolute ids.</param>
/// <param name="EnforceRole">Whether its services must run under its role; only groups at the top say it.</param>
internal sealed record GroupEntry(IReadOnlyList<string> Dependencies, bool EnforceRole);
