using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Plenum.Agent.Files;

/// <summary>What a caller of the log API wants, in the query of dcos-log's second version.</summary>
/// <param name="Cursor">The position to begin at; null for the end of the log.</param>
/// <param name="Skip">Lines to pass over from there, or to go back when negative.</param>
/// <param name="Limit">Lines at most; null for all.</param>
/// <param name="Filters">Fields in capitals and the value each must have.</param>
internal sealed record LogQuery(long? Cursor, long Skip, long? Limit, IReadOnlyList<(string Field, string Value)> Filters)
{
    private const string Begin = "BEG";
    private const string End = "END";

    /// <summary>The query, or what is wrong with it.</summary>
    public static (LogQuery? Query, string? Problem) From(HttpRequest request)
    {
        var filters = new List<(string, string)>();
        foreach (var filter in request.Query["filter"])
        {
            if (filter?.IndexOf(':', StringComparison.Ordinal) is not (> 0 and var colon))
            {
                return (null, "filter must be FIELD:VALUE");
            }

            filters.Add((filter[..colon].ToUpperInvariant(), filter[(colon + 1)..]));
        }

        if (!TryNumber(request.Query["limit"], out var limit) || limit < 1)
        {
            return (null, "limit must be a whole number above zero");
        }

        // A browser that lost its stream comes back with this, and with the address it had at first.
        if (request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } last)
        {
            return TryNumber(last, out var resumed) && resumed >= 0
                ? (new LogQuery(resumed, 0, limit, filters), null)
                : (null, "Last-Event-ID must be the cursor of an entry");
        }

        if (!TryNumber(request.Query["skip"], out var skip) || skip is <= -long.MaxValue)
        {
            return (null, "skip must be a whole number");
        }

        var text = request.Query["cursor"].ToString();
        long? cursor = null;
        if (text != End && text != Begin && (!TryNumber(text, out cursor) || cursor < 0))
        {
            return (null, $"cursor must be {Begin}, {End} or the cursor of an entry");
        }

        // Without a cursor from the beginning; back from there leads nowhere, so that it means the end.
        cursor = text == Begin || (text.Length == 0 && skip is not < 0) ? 0 : cursor;
        return (new LogQuery(cursor, skip ?? 0, limit, filters), null);
    }

    private static bool TryNumber(string? text, out long? number)
    {
        number = null;
        if (string.IsNullOrEmpty(text))
        {
            return true;
        }

        var isNumber = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value);
        number = value;
        return isNumber;
    }
}
