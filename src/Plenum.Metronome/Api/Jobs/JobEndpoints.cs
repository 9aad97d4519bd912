using Plenum.Marathon.Api;
using Plenum.Marathon.Definitions;
using Plenum.Metronome.Core;
using Plenum.Metronome.Definitions;
using Plenum.Metronome.Definitions.Reading;
using Plenum.Metronome.Definitions.Validation;
using Plenum.Metronome.Definitions.Writing;

namespace Plenum.Metronome.Api.Jobs;

/// <summary>Jobs of v1, and those of v0, whose bodies carry their schedules both ways.</summary>
internal static class JobEndpoints
{
    public static ApiAnswer List(JobCall call) => Embedding(call, embeds => ApiAnswer.Ok(writer =>
    {
        writer.WriteStartArray();
        foreach (var job in call.Snapshot.Jobs.Values)
        {
            JobView.Write(writer, job, embeds, call.Now);
        }

        writer.WriteEndArray();
    }));

    public static ApiAnswer Show(JobCall call) => Embedding(call, embeds => call.Job is { } job
        ? ApiAnswer.Ok(writer => JobView.Write(writer, job, embeds, call.Now))
        : JobProblem.NoSuchJob(call.JobId));

    public static async Task<ApiAnswer> CreateAsync(JobCall call)
    {
        var (job, problem) = await ReadAsync(call, id: null, withSchedules: true);
        return problem ?? Answer(
            await call.RequestAsync((core, time, effects) => core.CreateJob(job!, time, effects)), call, created: true);
    }

    /// <summary>v1: schedules in the body are not looked at, and those that are there stay.</summary>
    public static Task<ApiAnswer> UpdateAsync(JobCall call) => UpdateAsync(call, keepSchedules: true);

    /// <summary>v0: the schedules are those of the body.</summary>
    public static Task<ApiAnswer> ReplaceAsync(JobCall call) => UpdateAsync(call, keepSchedules: false);

    public static async Task<ApiAnswer> DeleteAsync(JobCall call)
    {
        var (id, stop) = (call.JobId, call.Flag("stopCurrentJobRuns"));
        return Answer(await call.RequestAsync((core, time, effects) => core.DeleteJob(id, stop, time, effects)), call);
    }

    private static async Task<ApiAnswer> UpdateAsync(JobCall call, bool keepSchedules)
    {
        var (job, problem) = await ReadAsync(call, call.JobId, withSchedules: !keepSchedules);
        return problem ?? Answer(await call.RequestAsync((core, time, effects) => core.UpdateJob(job!, keepSchedules, time, effects)), call);
    }

    private static async Task<(JobSpec? Job, ApiAnswer? Problem)> ReadAsync(JobCall call, string? id, bool withSchedules)
    {
        var (job, problem) = await call.ReadAsync(field => JobReader.Read(field, id));
        if (job is null)
        {
            return (null, problem);
        }

        job = withSchedules ? job : job with { Schedules = [] };
        var violations = new Violations();
        JobValidator.Validate(job, call.Metronome.Options.DefaultNetworkName, violations);
        return violations.Any ? (null, JobProblem.Invalid(violations)) : (job, null);
    }

    private static ApiAnswer Answer(JobResult result, JobCall call, bool created = false) => JobProblem.From(result, done =>
        new ApiAnswer(created ? 201 : 200)
        {
            Json = writer => JobWriter.Write(writer, ((JobResult.Done)done).Job, call.Now),
        });

    private static ApiAnswer Embedding(JobCall call, Func<Embeds, ApiAnswer> answer)
    {
        var embeds = EmbedNames.Parse(call.Context.Request.Query["embed"], out var unknown);
        return unknown.Length == 0
            ? answer(embeds)
            : JobProblem.Of(400, $"Unknown embed options {unknown}. Valid options are: {EmbedNames.Words}", call.Path);
    }
}
