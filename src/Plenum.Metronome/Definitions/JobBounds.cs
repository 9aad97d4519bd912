namespace Plenum.Metronome.Definitions;

/// <summary>What one Metronome holds. Each is far above the largest installation known, and keeps a mistake small.</summary>
internal static class JobBounds
{
    /// <summary>Jobs of one Metronome; the original became unresponsive with a few thousand.</summary>
    public const int MaxJobs = 20_000;

    /// <summary>Of one job: an hour of the day each, several times over.</summary>
    public const int MaxSchedules = 100;

    /// <summary>Runs of one job that are under way together: a schedule that overlaps itself for ever stops here.</summary>
    public const int MaxActiveRuns = 1_000;

    /// <summary>Of all jobs together.</summary>
    public const int MaxAllActiveRuns = 50_000;

    /// <summary>Bytes of a definition: what an entry of ZooKeeper could hold, which was the original's bound.</summary>
    public const int MaxDefinitionBytes = 1024 * 1024;
}
