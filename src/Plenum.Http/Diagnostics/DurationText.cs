using System.Globalization;

namespace Plenum.Http.Diagnostics;

/// <summary>Mesos' text form of durations: <c>10secs</c>, <c>1.5hrs</c>.</summary>
public static class DurationText
{
    // Longest first: "mins" ends in "ns" of nothing, but "secs" must not be read as "s".
    private static readonly (string Unit, double Ticks)[] Units =
    [
        ("weeks", 7.0 * TimeSpan.TicksPerDay), ("days", TimeSpan.TicksPerDay), ("hrs", TimeSpan.TicksPerHour),
        ("mins", TimeSpan.TicksPerMinute), ("secs", TimeSpan.TicksPerSecond), ("ms", TimeSpan.TicksPerMillisecond),
        ("us", TimeSpan.TicksPerMicrosecond), ("ns", TimeSpan.TicksPerMicrosecond / 1000.0),
    ];

    /// <summary>False when it is none, or longer than ten thousand years.</summary>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        text = text?.Trim() ?? "";
        foreach (var (unit, ticks) in Units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal))
            {
                if (!double.TryParse(text[..^unit.Length], NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
                    || !(Math.Abs(count * ticks) < TimeSpan.MaxValue.Ticks / 3.0))
                {
                    return false;
                }

                duration = TimeSpan.FromTicks((long)(count * ticks));
                return true;
            }
        }

        return false;
    }
}
