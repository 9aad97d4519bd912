namespace Plenum.Marathon.Definitions;

/// <summary>
/// What a request says about a group: null is "leave as it is", a list replaces the whole set of that level.
/// </summary>
internal sealed record GroupUpdate(PathId Id)
{
    /// <summary>Complete definitions, each with its id.</summary>
    public ValueList<AppUpdate>? Apps { get; init; }

    public ValueList<GroupUpdate>? Groups { get; init; }

    public ValueList<PathId>? Dependencies { get; init; }

    public bool? EnforceRole { get; init; }

    /// <summary>Multiplies the instances of every app below; excludes everything else.</summary>
    public double? ScaleBy { get; init; }

    /// <summary>Restores the stored group of that version; excludes everything else.</summary>
    public Timestamp? Version { get; init; }

    public bool HasContent =>
        Apps is not null || Groups is not null || Dependencies is not null || EnforceRole is not null;
}
