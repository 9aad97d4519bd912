namespace Plenum.Kernel.Timing;

internal static class SaturatingTime
{
    /// <summary>Frameworks ask for timeouts of centuries; those end at the end of time instead of failing.</summary>
    public static DateTimeOffset AddSeconds(DateTimeOffset now, double seconds)
    {
        var room = (DateTimeOffset.MaxValue - now).TotalSeconds;
        return seconds >= room ? DateTimeOffset.MaxValue.ToUniversalTime() : now.AddSeconds(seconds);
    }
}
