namespace Plenum.Metronome.Api.Jobs;

/// <summary>What a client wants beside the job itself.</summary>
[Flags]
internal enum Embeds
{
    None = 0,
    ActiveRuns = 1,
    Schedules = 2,
    History = 4,
    HistorySummary = 8,
}

internal static class EmbedNames
{
    private static readonly (string Name, Embeds Embed)[] All =
    [
        ("activeRuns", Embeds.ActiveRuns), ("schedules", Embeds.Schedules), ("history", Embeds.History),
        ("historySummary", Embeds.HistorySummary),
    ];

    /// <summary>Repeated, or as one list with commas. Unknown ones come back as they were.</summary>
    public static Embeds Parse(IEnumerable<string?> values, out string unknown)
    {
        var wanted = Embeds.None;
        var others = new List<string>();
        foreach (var name in values.SelectMany(static value => (value ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))
        {
            var found = Array.Find(All, entry => entry.Name == name);
            if (found.Name is null)
            {
                others.Add(name);
            }

            wanted |= found.Embed;
        }

        unknown = string.Join(", ", others);
        return wanted;
    }

    public static string Words => string.Join(", ", All.Select(static entry => entry.Name));
}
