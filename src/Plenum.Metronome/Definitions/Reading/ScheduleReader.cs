using Plenum.Marathon.Definitions.Reading;
using Plenum.Metronome.Cron;

namespace Plenum.Metronome.Definitions.Reading;

/// <summary>
/// A schedule as clients send it. Members that are not known are let pass, since DC/OS' command line sends back
/// <c>nextRunAt</c>, and the zone's name in another case, which the original overlooked without a word.
/// </summary>
internal static class ScheduleReader
{
    private const int MinStartingDeadlineSeconds = 60;

    /// <param name="id">That of the path; null where there is none.</param>
    public static ScheduleSpec Read(JsonField schedule, string? id = null)
    {
        if (!schedule.RequireObject())
        {
            return new ScheduleSpec { Id = "", Cron = "" };
        }

        if (id is null)
        {
            id = schedule["id"].RequiredText();
            if (id.Length > 0 && !ScheduleSpec.IsValidId(id))
            {
                schedule["id"].Refuse(
                    "must consist of at least two lower case letters, digits and dashes, and begin and end with a letter or digit");
            }
        }

        return new ScheduleSpec
        {
            Id = id,
            Cron = ReadCron(schedule["cron"]),
            TimeZone = ReadZone(schedule["timezone"].IsPresent ? schedule["timezone"] : schedule["timeZone"]),
            StartingDeadlineSeconds = schedule["startingDeadlineSeconds"].Integer(MinStartingDeadlineSeconds, Bounds.MaxSeconds)
                ?? ScheduleSpec.DefaultStartingDeadlineSeconds,
            ConcurrencyPolicy = schedule["concurrencyPolicy"].Enumeration(JobNames.ConcurrencyPolicies) ?? ConcurrencyPolicy.Allow,
            Enabled = schedule["enabled"].Boolean() ?? true,
        };
    }

    private static string ReadCron(JsonField field)
    {
        var text = field.RequiredText();
        if (text.Length == 0)
        {
            return text;
        }

        if (CronSpec.TryParse(text, out var spec, out var error))
        {
            return spec.Text;
        }

        field.Refuse(error);
        return text;
    }

    private static string ReadZone(JsonField field)
    {
        if (field.Text() is not { } id)
        {
            return ScheduleSpec.DefaultTimeZone;
        }

        if (!TimeZones.Exists(id))
        {
            field.Refuse($"No time zone found with this id: {id}");
        }

        return id;
    }
}
