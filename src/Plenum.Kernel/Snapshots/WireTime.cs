using Plenum.Protocol.V1;

namespace Plenum.Kernel.Snapshots;

/// <summary>The two ways Mesos writes a moment.</summary>
internal static class WireTime
{
    private const long NanosecondsPerTick = 100;

    public static TimeInfo Of(DateTimeOffset time) =>
        new() { Nanoseconds = (time - DateTimeOffset.UnixEpoch).Ticks * NanosecondsPerTick };

    public static DateTimeOffset From(TimeInfo time) =>
        DateTimeOffset.UnixEpoch.AddTicks(time.Nanoseconds / NanosecondsPerTick);

    public static double Seconds(DateTimeOffset time) =>
        (time - DateTimeOffset.UnixEpoch).Ticks / (double)TimeSpan.TicksPerSecond;
}
