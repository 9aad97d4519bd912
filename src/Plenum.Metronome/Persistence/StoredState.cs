using Plenum.Marathon.Persistence;
using Plenum.Metronome.Core;
using Plenum.Metronome.Definitions;
using Plenum.Metronome.Runs;
using Plenum.Metronome.Schedules;

namespace Plenum.Metronome.Persistence;

/// <summary>Everything that was stored, read back.</summary>
internal sealed class StoredState
{
    public string? FrameworkId { get; private set; }

    public List<JobSpec> Jobs { get; } = [];

    public List<(string Job, JobState State)> States { get; } = [];

    public List<(string Job, string Schedule, StoredCursor Cursor)> Cursors { get; } = [];

    public List<JobRun> Runs { get; } = [];

    public List<(string Job, SkippedTick Skip)> Skips { get; } = [];

    /// <exception cref="StoredStateException">The entry is not what this program writes.</exception>
    public void Add(string key, ReadOnlySpan<byte> value)
    {
        if (key == StoreKeys.Framework)
        {
            FrameworkId = StoredJson.Read<string>(key, value);
        }
        else if (key.StartsWith(StoreKeys.JobsPrefix, StringComparison.Ordinal))
        {
            Jobs.Add(StoredJson.Read<JobSpec>(key, value));
        }
        else if (key.StartsWith(StoreKeys.StatesPrefix, StringComparison.Ordinal))
        {
            States.Add((key[StoreKeys.StatesPrefix.Length..], StoredJson.Read<JobState>(key, value)));
        }
        else if (key.StartsWith(StoreKeys.CursorsPrefix, StringComparison.Ordinal)
            && key[StoreKeys.CursorsPrefix.Length..].Split('/') is [var cursorJob, var schedule])
        {
            Cursors.Add((cursorJob, schedule, StoredJson.Read<StoredCursor>(key, value)));
        }
        else if (key.StartsWith(StoreKeys.RunsPrefix, StringComparison.Ordinal))
        {
            Runs.Add(StoredJson.Read<JobRun>(key, value));
        }
        else if (key.StartsWith(StoreKeys.SkipsPrefix, StringComparison.Ordinal)
            && key[StoreKeys.SkipsPrefix.Length..].Split('/') is [var skipJob, _])
        {
            Skips.Add((skipJob, StoredJson.Read<SkippedTick>(key, value)));
        }
        else
        {
            throw new StoredStateException(key, "no part of this program writes such a key; it may be of a newer version", null);
        }
    }
}

/// <summary>Every tick up to here became a run or a skip.</summary>
internal sealed record StoredCursor(DateTimeOffset DecidedUntil);
