namespace Plenum.Marathon.LaunchQueue;

/// <summary>The growing pause before the next start of a service that keeps ending. Kept over restarts.</summary>
internal sealed record Backoff(TimeSpan Delay, DateTimeOffset Reference)
{
    public DateTimeOffset Until => Reference + Delay;

    /// <summary>The first failure waits <c>backoff</c>, each further one the delay before times the factor, at most the maximum.</summary>
    public static Backoff After(Backoff? before, int backoffSeconds, double factor, int maxSeconds, DateTimeOffset now)
    {
        var max = TimeSpan.FromSeconds(maxSeconds);
        if (before is null || IsForgotten(before, maxSeconds, now))
        {
            return new Backoff(Min(TimeSpan.FromSeconds(backoffSeconds), max), now);
        }

        // In ticks of a double: a large factor must not overflow the span.
        var next = before.Delay.Ticks * factor;
        return new Backoff(next >= max.Ticks ? max : TimeSpan.FromTicks((long)next), now);
    }

    /// <summary>A service that kept quiet for as long as it could be made to wait starts afresh.</summary>
    public static bool IsForgotten(Backoff backoff, int maxSeconds, DateTimeOffset now) =>
        now > backoff.Reference + TimeSpan.FromSeconds(maxSeconds);

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
