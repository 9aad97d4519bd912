using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Persistence;

/// <summary>A group's own properties.</summary>
internal sealed record StoredGroup(PathId Id)
{
    public ValueList<PathId> Dependencies { get; init; } = [];

    public bool? EnforceRole { get; init; }

    public Timestamp Version { get; init; }

    public static StoredGroup From(Group group) => new(group.Id)
    {
        Dependencies = group.Dependencies,
        EnforceRole = group.EnforceRole,
        Version = group.Version,
    };
}
