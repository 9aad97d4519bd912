namespace Plenum.Metronome.Definitions;

internal enum ConcurrencyPolicy
{
    /// <summary>Runs may overlap.</summary>
    Allow,

    /// <summary>A tick is skipped while any run of the job is active.</summary>
    Forbid,
}

/// <summary>When runs of a job begin by themselves.</summary>
internal sealed record ScheduleSpec
{
    public const int DefaultStartingDeadlineSeconds = 900;

    public const string DefaultTimeZone = "UTC";

    public required string Id { get; init; }

    /// <summary>In canonical form, valid (<see cref="Plenum.Metronome.Cron.CronSpec"/>).</summary>
    public required string Cron { get; init; }

    /// <summary>A name of the IANA database.</summary>
    public string TimeZone { get; init; } = DefaultTimeZone;

    /// <summary>How late a tick may still become a run, and how long that run may wait for its place.</summary>
    public int StartingDeadlineSeconds { get; init; } = DefaultStartingDeadlineSeconds;

    public ConcurrencyPolicy ConcurrencyPolicy { get; init; }

    public bool Enabled { get; init; } = true;

    /// <summary>At least two characters, which is the original's rule.</summary>
    public static bool IsValidId(string id) =>
        id.Length is >= 2 and <= JobId.MaxLength
        && id[0] != '-'
        && id[^1] != '-'
        && id.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
