using System.Diagnostics.CodeAnalysis;
using Cronos;

namespace Plenum.Metronome.Cron;

/// <summary>
/// A cron expression: minute, hour, day of month, month, day of week, and perhaps years. Both day fields must match,
/// other than in classic cron: <c>0 9 1-7 * 1</c> is the first Monday of a month, and definitions rely on it.
/// </summary>
/// <remarks>
/// Across a change of the clocks: a time of day that does not exist is due when the gap ends; one that comes twice is
/// due once, but a repeated one (every ten minutes) goes on through both hours.
/// </remarks>
internal sealed class CronSpec
{
    /// <summary>No hand-written expression comes near; lists of all minutes and hours fit several times.</summary>
    private const int MaxLength = 1_000;

    private const int FieldCount = 5;

    // Of both kinds of year, and of every weekday on the first: whatever can ever be due is due after it.
    private static readonly DateTimeOffset LongAgo = new(1970, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly CronExpression _expression;
    private readonly CronYears? _years;

    private CronSpec(string text, CronExpression expression, CronYears? years)
    {
        Text = text;
        _expression = expression;
        _years = years;
    }

    /// <summary>Canonical: single blanks, and <c>*</c> for <c>*/1</c>.</summary>
    public string Text { get; }

    /// <exception cref="FormatException">Not an expression. For text that was validated before.</exception>
    public static CronSpec Parse(string text) =>
        TryParse(text, out var spec, out var error) ? spec : throw new FormatException(error);

    public static bool TryParse(string text, [NotNullWhen(true)] out CronSpec? spec, [NotNullWhen(false)] out string? error)
    {
        spec = null;
        error = Refusal(text);
        if (error is not null)
        {
            return false;
        }

        var fields = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(static field => string.Join(',', field.Split(',').Select(static part => part == "*/1" ? "*" : part)))
            .ToArray();
        CronYears? years = null;
        if (fields.Length > FieldCount && (years = CronYears.TryParse(fields[FieldCount])) is null)
        {
            error = $"'{fields[FieldCount]}' is not a list of years between {CronYears.First} and {CronYears.Last}";
            return false;
        }

        CronExpression expression;
        try
        {
            expression = CronExpression.Parse(string.Join(' ', fields.Take(FieldCount)));
        }
        catch (CronFormatException broken)
        {
            error = $"'{text}' is not a cron expression: {broken.Message}";
            return false;
        }

        var read = new CronSpec(string.Join(' ', fields), expression, years);
        if (read.Next(LongAgo, TimeZoneInfo.Utc) is null)
        {
            error = $"'{text}' names a day that no year has";
            return false;
        }

        spec = read;
        return true;
    }

    /// <summary>The first time after a moment at which this is due; null when there is none any more.</summary>
    public DateTimeOffset? Next(DateTimeOffset after, TimeZoneInfo zone)
    {
        while (_expression.GetNextOccurrence(after, zone) is { } next)
        {
            var due = next.ToUniversalTime();
            if (_years is null || _years.Holds(next.Year))
            {
                return due;
            }

            if (_years.After(next.Year) is not { } year)
            {
                return null;
            }

            // A day before the year begins at Greenwich: in no zone has it begun. From there every time is looked at.
            var almost = new DateTimeOffset(year, 1, 1, 0, 0, 0, TimeSpan.Zero).AddDays(-1);
            after = almost > due ? almost : due;
        }

        return null;
    }

    /// <summary>The last time in (<paramref name="after"/>, <paramref name="until"/>] at which this was due.</summary>
    public DateTimeOffset? Latest(DateTimeOffset after, DateTimeOffset until, TimeZoneInfo zone)
    {
        // 1. Wider and wider windows that end now, until one holds a time.
        if (until <= after)
        {
            return null;
        }

        var low = after;
        for (var width = TimeSpan.FromMinutes(2); until - after > width; width *= 2)
        {
            if (IsDue(until - width, until, zone))
            {
                low = until - width;
                break;
            }
        }

        if (!IsDue(low, until, zone))
        {
            return null;
        }

        // 2. Halves of it: there is one after low, and none after high. What is left is too short for two.
        var high = until;
        while (high - low > TimeSpan.FromMinutes(1))
        {
            var middle = low + ((high - low) / 2);
            if (IsDue(middle, until, zone))
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return Next(low, zone);
    }

    /// <summary>Times in (<paramref name="after"/>, <paramref name="before"/>), counted up to a bound.</summary>
    public int Count(DateTimeOffset after, DateTimeOffset before, TimeZoneInfo zone, int most)
    {
        var count = 0;
        while (count < most && Next(after, zone) is { } next && next < before)
        {
            count++;
            after = next;
        }

        return count;
    }

    private bool IsDue(DateTimeOffset after, DateTimeOffset until, TimeZoneInfo zone) =>
        Next(after, zone) is { } next && next <= until;

    private static string? Refusal(string text)
    {
        if (text.Length > MaxLength)
        {
            return $"must not be longer than {MaxLength} characters";
        }

        var fields = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Length;
        return text.Any(static c => c is '@' or '?' or '\t' or '\n' or '\r')
            || fields is not (FieldCount or FieldCount + 1)
            || text.Split(' ', ',').Any(static part => part.StartsWith('H') || part.StartsWith('h'))
            ? $"'{text}' is not a cron expression: it must have the fields minute, hour, day of month, month, day of week, and perhaps year"
            : null;
    }
}
