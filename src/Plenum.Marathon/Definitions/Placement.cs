namespace Plenum.Marathon.Definitions;

/// <summary>Ours: where instances should run beside what constraints demand. Running ones are not moved by a change of it.</summary>
internal sealed record Placement
{
    /// <summary>Services on whose places instances go.</summary>
    public ValueList<PlacementRule> Near { get; init; } = [];

    /// <summary>Services on whose places they do not go; where that must hold, nor do those services where these run.</summary>
    public ValueList<PlacementRule> Apart { get; init; } = [];

    public ValueList<Preference> Prefer { get; init; } = [];

    /// <summary>How long an instance waits for an agent that meets every preference before it takes another.</summary>
    public int WaitSeconds { get; init; }

    /// <summary>An empty object takes all rules away.</summary>
    public bool IsEmpty => Near.IsEmpty && Apart.IsEmpty && Prefer.IsEmpty;

    /// <summary>Whether one agent can be better than another that is also possible.</summary>
    public bool HasPreferences => !Prefer.IsEmpty || Near.AsEnumerable().Concat(Apart).Any(rule => !rule.IsHard);
}
