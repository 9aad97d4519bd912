namespace Plenum.Marathon.Definitions;

internal sealed record VersionInfo(Timestamp LastScalingAt, Timestamp LastConfigChangeAt)
{
    /// <summary>
    /// Rollbacks remembered. More than anybody makes of one configuration without a change between; beyond it a rollback
    /// replaces every instance, as Marathon's always do.
    /// </summary>
    public const int MaxUndone = 16;

    /// <summary>What was tried since the last change of the configuration and taken back.</summary>
    public ValueList<UndoneVersions> Undone { get; init; } = [];

    /// <summary>Whether an instance started from this version runs the configuration.</summary>
    public bool Includes(Timestamp version)
    {
        if (version < LastConfigChangeAt)
        {
            return false;
        }

        foreach (var range in Undone.Span)
        {
            if (range.Covers(version))
            {
                return false;
            }
        }

        return true;
    }
}
