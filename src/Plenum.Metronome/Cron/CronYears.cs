using System.Collections;
using System.Globalization;

namespace Plenum.Metronome.Cron;

/// <summary>The optional sixth field of an expression: the years in which it holds.</summary>
internal sealed class CronYears
{
    public const int First = 1970;
    public const int Last = 2099;

    private readonly BitArray _years;

    private CronYears(BitArray years) => _years = years;

    public bool Holds(int year) => year is >= First and <= Last && _years[year - First];

    /// <summary>The first year after this one in which the expression holds; null when there is none.</summary>
    public int? After(int year)
    {
        for (var next = Math.Max(year + 1, First); next <= Last; next++)
        {
            if (Holds(next))
            {
                return next;
            }
        }

        return null;
    }

    public static CronYears? TryParse(string field)
    {
        var years = new BitArray(Last - First + 1);
        foreach (var part in field.Split(','))
        {
            var slash = part.IndexOf('/', StringComparison.Ordinal);
            var range = slash < 0 ? part : part[..slash];
            var step = 1;
            if (slash >= 0 && (!TryNumber(part[(slash + 1)..], out step) || step < 1))
            {
                return null;
            }

            int from, to;
            var dash = range.IndexOf('-', StringComparison.Ordinal);
            if (range == "*")
            {
                (from, to) = (First, Last);
            }
            else if (dash >= 0)
            {
                if (!TryNumber(range[..dash], out from) || !TryNumber(range[(dash + 1)..], out to))
                {
                    return null;
                }
            }
            else if (TryNumber(range, out from))
            {
                to = slash < 0 ? from : Last;
            }
            else
            {
                return null;
            }

            if (from < First || to > Last || from > to)
            {
                return null;
            }

            for (var year = from; year <= to; year += step)
            {
                years[year - First] = true;
            }
        }

        return new CronYears(years);
    }

    private static bool TryNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
