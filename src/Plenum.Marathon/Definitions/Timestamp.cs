using System.Globalization;

namespace Plenum.Marathon.Definitions;

/// <summary>
/// A moment in whole milliseconds. Its text is also the key of a stored version, so two moments are equal exactly
/// when their texts are.
/// </summary>
internal readonly record struct Timestamp : IComparable<Timestamp>
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>After every version.</summary>
    public static readonly Timestamp Never = From(DateTimeOffset.MaxValue);

    private readonly long _milliseconds;

    private Timestamp(long milliseconds) => _milliseconds = milliseconds;

    public long UnixMilliseconds => _milliseconds;

    public DateTimeOffset Moment => DateTimeOffset.FromUnixTimeMilliseconds(_milliseconds);

    public static Timestamp From(DateTimeOffset moment) => new(moment.ToUnixTimeMilliseconds());

    /// <summary>The later of now and one millisecond after <paramref name="last"/>: versions never collide.</summary>
    public static Timestamp After(Timestamp last, DateTimeOffset now) =>
        new(Math.Max(now.ToUnixTimeMilliseconds(), last._milliseconds + 1));

    /// <summary>Accepts any ISO 8601 form with a zone; what is below a millisecond is cut.</summary>
    public static bool TryParse(string? text, out Timestamp timestamp)
    {
        // A bare number or a word that the general parser would accept is not a version.
        if (text is { Length: >= 16 and <= 40 } && text[4] == '-' && text[10] == 'T'
            && DateTimeOffset.TryParse(
                text,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                out var moment))
        {
            timestamp = From(moment);
            return true;
        }

        timestamp = default;
        return false;
    }

    public static Timestamp Parse(string text) =>
        TryParse(text, out var timestamp) ? timestamp : throw new FormatException($"'{text}' is not a timestamp");

    public int CompareTo(Timestamp other) => _milliseconds.CompareTo(other._milliseconds);

    public override string ToString() => Moment.ToString(Format, CultureInfo.InvariantCulture);

    public static bool operator <(Timestamp left, Timestamp right) => left._milliseconds < right._milliseconds;

    public static bool operator >(Timestamp left, Timestamp right) => left._milliseconds > right._milliseconds;

    public static bool operator <=(Timestamp left, Timestamp right) => left._milliseconds <= right._milliseconds;

    public static bool operator >=(Timestamp left, Timestamp right) => left._milliseconds >= right._milliseconds;
}
