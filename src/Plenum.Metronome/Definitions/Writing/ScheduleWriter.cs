using System.Text.Json;
using Plenum.Metronome.Cron;

namespace Plenum.Metronome.Definitions.Writing;

internal static class ScheduleWriter
{
    /// <param name="now">After which the next run is shown; null for a form that is read back.</param>
    public static void Write(Utf8JsonWriter writer, ScheduleSpec schedule, DateTimeOffset? now)
    {
        writer.WriteStartObject();
        writer.WriteString("id", schedule.Id);
        writer.WriteString("cron", schedule.Cron);
        writer.WriteString("timezone", schedule.TimeZone);
        writer.WriteNumber("startingDeadlineSeconds", schedule.StartingDeadlineSeconds);
        writer.WriteString("concurrencyPolicy", JobNames.ConcurrencyPolicies.Of(schedule.ConcurrencyPolicy));
        writer.WriteBoolean("enabled", schedule.Enabled);
        if (now is { } moment && CronSpec.Parse(schedule.Cron).Next(moment, TimeZones.OrUtc(schedule.TimeZone)) is { } next)
        {
            writer.WriteTime("nextRunAt", next);
        }

        writer.WriteEndObject();
    }

    public static void WriteAll(Utf8JsonWriter writer, IEnumerable<ScheduleSpec> schedules, DateTimeOffset? now)
    {
        writer.WriteStartArray();
        foreach (var schedule in schedules)
        {
            Write(writer, schedule, now);
        }

        writer.WriteEndArray();
    }
}
