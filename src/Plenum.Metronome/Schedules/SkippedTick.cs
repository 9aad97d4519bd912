namespace Plenum.Metronome.Schedules;

internal enum SkipReason
{
    /// <summary>The schedule forbids runs beside an active one.</summary>
    Forbidden,

    /// <summary>Nobody was there, and the starting deadline passed.</summary>
    Missed,

    /// <summary>Nobody was there, and a later tick was started in its place.</summary>
    Superseded,

    /// <summary>As many runs as there may be are active.</summary>
    TooManyRuns,
}

/// <summary>A tick that became no run, and why. Several of one kind in a row are one entry.</summary>
internal sealed record SkippedTick
{
    public required long Sequence { get; init; }

    public required string ScheduleId { get; init; }

    public required SkipReason Reason { get; init; }

    public required string Message { get; init; }

    /// <summary>The first and the last of them, the same for one.</summary>
    public required DateTimeOffset First { get; init; }

    public required DateTimeOffset Last { get; init; }

    public int Count { get; init; } = 1;

    /// <summary>There were more than <see cref="Count"/>: counting ended there.</summary>
    public bool IsAtLeast { get; init; }
}
