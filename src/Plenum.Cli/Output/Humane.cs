using System.Globalization;

namespace Plenum.Cli.Output;

/// <summary>Times and amounts as people say them.</summary>
internal static class Humane
{
    public static string Ago(DateTimeOffset? then, DateTimeOffset now) => then is { } time ? Span(now - time) : "-";

    public static string Span(TimeSpan span) => span switch
    {
        { TotalSeconds: < 0 } => "0s",
        { TotalMinutes: < 1 } => $"{(int)span.TotalSeconds}s",
        { TotalHours: < 1 } => $"{(int)span.TotalMinutes}m",
        { TotalDays: < 1 } => $"{(int)span.TotalHours}h",
        _ => $"{(int)span.TotalDays}d",
    };

    public static string Amount(double amount) => amount.ToString("0.###", CultureInfo.InvariantCulture);

    public static string Part(double used, double total) => $"{Amount(used)}/{Amount(total)}";

    public static DateTimeOffset? Time(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    public static string Count(long count, string one) => count == 1 ? $"1 {one}" : $"{count} {one}s";
}
