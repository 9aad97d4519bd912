namespace Plenum.Scheduling.Sessions;

/// <summary>Patience of a session.</summary>
public sealed record SchedulerSessionOptions
{
    /// <summary>
    /// First delay after a lost subscription; doubles with each failure in a row. Each is shortened at
    /// random by up to a half, so that the frameworks of a failed master do not come back in step.
    /// </summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>A new leader is there within seconds: waiting longer only lengthens the outage.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Events that may wait for the framework; then the master's back pressure begins.</summary>
    public int MaxBufferedEvents { get; init; } = 4_096;

    /// <summary>Of the random part of delays.</summary>
    public int Seed { get; init; }
}
