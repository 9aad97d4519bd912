namespace Plenum.Marathon.Definitions;

/// <summary>
/// A halt of an update: so many instances of the new version run beside the old ones, and the rest waits until somebody
/// promotes it, or with <see cref="AutoPromote"/> until they were ready for a while.
/// </summary>
internal sealed record CanaryStep(int Instances)
{
    /// <summary>Goes on by itself; otherwise the update waits for a person, however long.</summary>
    public bool AutoPromote { get; init; }

    /// <summary>How long all of them must have been ready together before it goes on by itself.</summary>
    public int PauseSeconds { get; init; }
}
