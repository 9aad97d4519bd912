using Plenum.Protocol.V1;

namespace Plenum.Agent.Book.State;

/// <summary>The wire counts nanoseconds and seconds where the book has times and spans.</summary>
internal static class WireTime
{
    private const long NanosecondsPerTick = 100;

    public static long Nanoseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks * NanosecondsPerTick;

    public static DateTimeOffset FromNanoseconds(long nanoseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / NanosecondsPerTick);

    public static double Seconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).TotalSeconds;

    /// <summary>A negative span counts as none.</summary>
    public static TimeSpan Span(DurationInfo duration) =>
        TimeSpan.FromTicks(Math.Max(0, duration.Nanoseconds / NanosecondsPerTick));

    /// <summary>Seconds of a check's settings; nonsense (negative, not a number) counts as none, a year is the most.</summary>
    public static TimeSpan Span(double seconds) =>
        seconds > 0 ? TimeSpan.FromSeconds(Math.Min(seconds, 365.0 * 86400)) : TimeSpan.Zero;
}
