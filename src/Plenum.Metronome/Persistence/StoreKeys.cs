using Plenum.Metronome.Runs;

namespace Plenum.Metronome.Persistence;

/// <summary>Names of the stored entries. Neither a job's nor a run's nor a schedule's name holds a slash.</summary>
internal static class StoreKeys
{
    public const string Prefix = "metronome/";
    public const string Framework = Prefix + "framework";
    public const string JobsPrefix = Prefix + "jobs/";
    public const string StatesPrefix = Prefix + "states/";
    public const string CursorsPrefix = Prefix + "cursors/";
    public const string RunsPrefix = Prefix + "runs/";
    public const string SkipsPrefix = Prefix + "skips/";

    public static string Job(string job) => JobsPrefix + job;

    public static string State(string job) => StatesPrefix + job;

    /// <summary>Up to which time the ticks of a schedule are decided.</summary>
    public static string Cursor(string job, string schedule) => $"{CursorsPrefix}{job}/{schedule}";

    public static string Run(RunKey run) => $"{RunsPrefix}{run.JobId}/{run.RunId}";

    public static string Skip(string job, long sequence) => $"{SkipsPrefix}{job}/{sequence}";
}
