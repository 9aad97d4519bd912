using System.Net;
using System.Text.Json;
using Plenum.Marathon.Api;
using Plenum.Marathon.Definitions;
using Plenum.Metronome.Core;

namespace Plenum.Metronome.Api;

/// <summary>Answers to what was not carried out, in the shapes that clients of Metronome know.</summary>
internal static class JobProblem
{
    public static ApiAnswer NoSuchJob(string id) => Named(404, ("id", id), ("message", "Job not found"));

    public static ApiAnswer NoSuchSchedule(string id) => Named(404, ("id", id), ("message", "Schedule not found"));

    public static ApiAnswer NoSuchRun(string job, string id) =>
        Named(404, ("jobSpec", job), ("id", id), ("message", "Job Run not found"));

    public static ApiAnswer Conflict(string message) => Named(409, ("message", message));

    /// <summary>Of the server rather than of an object. The text is escaped as for a page, which the original does.</summary>
    public static ApiAnswer Of(int status, string message, string path) =>
        Named(status, ("message", WebUtility.HtmlEncode(message)), ("requestPath", path));

    public static ApiAnswer UnknownRoute(string path) => Of(404, "Unknown route.", path);

    public static ApiAnswer Crashed(string path) => Named(500, ("requestPath", path));

    public static ApiAnswer Invalid(Violations violations) => ApiProblem.Invalid(violations);

    public static ApiAnswer From(JobResult result, Func<JobResult, ApiAnswer> done) => result switch
    {
        JobResult.NoSuchJob job => NoSuchJob(job.Id),
        JobResult.NoSuchSchedule schedule => NoSuchSchedule(schedule.Id),
        JobResult.NoSuchRun run => NoSuchRun(run.Job, run.Id),
        JobResult.Conflict conflict => Conflict(conflict.Message),
        JobResult.Invalid invalid => ApiProblem.Invalid(invalid.Path, invalid.Message),
        _ => done(result),
    };

    private static ApiAnswer Named(int status, params (string Name, string Value)[] members) => new(status)
    {
        Json = writer => Write(writer, members),
    };

    private static void Write(Utf8JsonWriter writer, (string Name, string Value)[] members)
    {
        writer.WriteStartObject();
        foreach (var (name, value) in members)
        {
            writer.WriteString(name, value);
        }

        writer.WriteEndObject();
    }
}
