namespace Plenum.Metronome.Cron;

/// <summary>Time zones by their names in the IANA database, as the machine has it.</summary>
internal static class TimeZones
{
    /// <summary>The longest name of the database has 32 characters.</summary>
    private const int MaxLength = 64;

    public static bool Exists(string id) => Find(id) is not null;

    /// <summary>A schedule whose zone this machine does not know (any more) goes by UTC rather than not at all.</summary>
    public static TimeZoneInfo OrUtc(string id) => Find(id) ?? TimeZoneInfo.Utc;

    // A name becomes a file's name below the database's directory: nothing that leads out of it may pass.
    private static TimeZoneInfo? Find(string id) =>
        id.Length is > 0 and <= MaxLength
        && id.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '+' or '/')
        && id[0] != '/'
        && TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone)
            ? zone
            : null;
}
