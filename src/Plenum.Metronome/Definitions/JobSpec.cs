using Plenum.Marathon.Definitions;

namespace Plenum.Metronome.Definitions;

/// <summary>A job: what a run of it is, and when runs begin by themselves. Defaults are filled in.</summary>
internal sealed record JobSpec
{
    public required string Id { get; init; }

    public string? Description { get; init; }

    public ValueMap<string> Labels { get; init; } = ValueMap<string>.Empty;

    /// <summary>Jobs of which each must succeed again before this one starts.</summary>
    public ValueList<string> Dependencies { get; init; } = [];

    public ValueList<ScheduleSpec> Schedules { get; init; } = [];

    public required JobRunSpec Run { get; init; }

    public ScheduleSpec? FindSchedule(string id) =>
        Schedules.AsEnumerable().FirstOrDefault(schedule => schedule.Id == id);
}
