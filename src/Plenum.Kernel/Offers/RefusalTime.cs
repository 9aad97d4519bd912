using Plenum.Protocol.V1;

namespace Plenum.Kernel.Offers;

/// <summary>How long a refusal holds, by Mesos' rules for odd values.</summary>
internal static class RefusalTime
{
    private const double DefaultSeconds = 5;

    private static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    /// <summary>Null for no filter at all. <paramref name="shortest"/> is the allocation interval: less would not hold anything back.</summary>
    public static TimeSpan? Of(Filters? filters, TimeSpan shortest)
    {
        var seconds = filters?.RefuseSeconds ?? DefaultSeconds;
        if (double.IsNaN(seconds) || seconds < 0)
        {
            seconds = DefaultSeconds;
        }

        if (seconds == 0)
        {
            return null;
        }

        var time = seconds >= Longest.TotalSeconds ? Longest : TimeSpan.FromSeconds(seconds);
        return time < shortest ? shortest : time;
    }
}
