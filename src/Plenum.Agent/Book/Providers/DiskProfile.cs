namespace Plenum.Agent.Book.Providers;

/// <summary>A named kind of disk, and which pools have it. Mesos' disk profile.</summary>
/// <param name="Name">As frameworks name it.</param>
/// <param name="Kind">What it makes.</param>
/// <param name="Providers">Type and name of the providers that have it; null: every one.</param>
public sealed record DiskProfile(string Name, DiskKind Kind, IReadOnlyList<(string Type, string Name)>? Providers)
{
    public bool IsFor(string type, string name) => Providers is null || Providers.Contains((type, name));
}
