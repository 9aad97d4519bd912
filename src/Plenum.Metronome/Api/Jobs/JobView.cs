using System.Text.Json;
using Plenum.Metronome.Api.Runs;
using Plenum.Metronome.Core;
using Plenum.Metronome.Definitions.Writing;
using Plenum.Metronome.Schedules;

namespace Plenum.Metronome.Api.Jobs;

/// <summary>A job with what was asked for beside it.</summary>
internal static class JobView
{
    public static void Write(Utf8JsonWriter writer, Job job, Embeds embeds, DateTimeOffset now)
    {
        writer.WriteStartObject();
        JobWriter.WriteMembers(writer, job.Spec, now);
        if (embeds.HasFlag(Embeds.ActiveRuns))
        {
            writer.WritePropertyName("activeRuns");
            RunView.WriteAll(writer, job.Active.Values);
        }

        if (embeds.HasFlag(Embeds.History))
        {
            writer.WriteStartObject("history");
            WriteCounts(writer, job.State);
            RunView.WriteEnded(writer, "successfulFinishedRuns", job.Succeeded);
            RunView.WriteEnded(writer, "failedFinishedRuns", job.Failed);
            WriteSkips(writer, job);
            writer.WriteEndObject();
        }

        if (embeds.HasFlag(Embeds.HistorySummary))
        {
            writer.WriteStartObject("historySummary");
            WriteCounts(writer, job.State);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    /// <summary>Plenum's own, in the manner of the other lists.</summary>
    public static void WriteSkip(Utf8JsonWriter writer, SkippedTick skip)
    {
        writer.WriteStartObject();
        writer.WriteString("scheduleId", skip.ScheduleId);
        writer.WriteString("reason", skip.Reason switch
        {
            SkipReason.Forbidden => "FORBIDDEN",
            SkipReason.Missed => "MISSED",
            SkipReason.Superseded => "SUPERSEDED",
            _ => "TOO_MANY_RUNS",
        });
        writer.WriteString("message", skip.Message);
        writer.WriteTime("firstTick", skip.First);
        writer.WriteTime("lastTick", skip.Last);
        writer.WriteNumber("count", skip.Count);
        if (skip.IsAtLeast)
        {
            writer.WriteBoolean("countIsAtLeast", value: true);
        }

        writer.WriteEndObject();
    }

    private static void WriteCounts(Utf8JsonWriter writer, JobState state)
    {
        writer.WriteNumber("successCount", state.SuccessCount);
        writer.WriteNumber("failureCount", state.FailureCount);
        writer.WriteTime("lastSuccessAt", state.LastSuccessAt);
        writer.WriteTime("lastFailureAt", state.LastFailureAt);
    }

    private static void WriteSkips(Utf8JsonWriter writer, Job job)
    {
        writer.WriteStartArray("skippedTicks");
        foreach (var skip in job.Skips)
        {
            WriteSkip(writer, skip);
        }

        writer.WriteEndArray();
    }
}
