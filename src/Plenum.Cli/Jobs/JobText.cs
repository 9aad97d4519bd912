using System.CommandLine;
using System.Text.Json;
using Plenum.Cli.Clients;
using Plenum.Cli.Output;

namespace Plenum.Cli.Jobs;

/// <summary>What the commands about jobs say alike, in the words of DC/OS' command line.</summary>
internal static class JobText
{
    public static Argument<string> IdArgument() => new("JOB") { Description = "The job's id, as job list shows it." };

    /// <summary>Running, Scheduled or Unscheduled.</summary>
    public static string Status(JsonElement job) =>
        job.Items("activeRuns").Any() ? "Running"
        : job.Items("schedules").Any(static schedule => schedule.Flag("enabled")) ? "Scheduled"
        : "Unscheduled";

    /// <summary>How the newest run that ended did.</summary>
    public static string LastRun(JsonElement summary)
    {
        var success = Humane.Time(summary.Text("lastSuccessAt"));
        var failure = Humane.Time(summary.Text("lastFailureAt"));
        return success is null && failure is null ? "N/A" : failure is null || success >= failure ? "Success" : "Failed";
    }

    public static string NextRun(JsonElement schedule) =>
        schedule.Text("nextRunAt") is { Length: > 0 } next && schedule.Flag("enabled") ? next : "-";
}
