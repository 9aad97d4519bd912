using Plenum.Marathon.Api;
using Plenum.Metronome.Core;
using Plenum.Metronome.Definitions.Reading;
using Plenum.Metronome.Definitions.Writing;

namespace Plenum.Metronome.Api.Jobs;

internal static class ScheduleEndpoints
{
    public static ApiAnswer List(JobCall call) => call.Job is { } job
        ? ApiAnswer.Ok(writer => ScheduleWriter.WriteAll(writer, job.Spec.Schedules, call.Now))
        : JobProblem.NoSuchJob(call.JobId);

    public static ApiAnswer Show(JobCall call)
    {
        if (call.Job is not { } job)
        {
            return JobProblem.NoSuchJob(call.JobId);
        }

        return job.Spec.FindSchedule(call.Argument) is { } schedule
            ? ApiAnswer.Ok(writer => ScheduleWriter.Write(writer, schedule, call.Now))
            : JobProblem.NoSuchSchedule(call.Argument);
    }

    public static async Task<ApiAnswer> CreateAsync(JobCall call)
    {
        var (schedule, problem) = await call.ReadAsync(static field => ScheduleReader.Read(field));
        return problem ?? Answer(
            await call.RequestAsync((core, time, effects) => core.CreateSchedule(call.JobId, schedule!, time, effects)), call, 201);
    }

    public static async Task<ApiAnswer> UpdateAsync(JobCall call)
    {
        var (schedule, problem) = await call.ReadAsync(field => ScheduleReader.Read(field, call.Argument));
        return problem ?? Answer(
            await call.RequestAsync((core, time, effects) => core.UpdateSchedule(call.JobId, schedule!, time, effects)), call, 200);
    }

    public static async Task<ApiAnswer> DeleteAsync(JobCall call) => JobProblem.From(
        await call.RequestAsync((core, time, effects) => core.DeleteSchedule(call.JobId, call.Argument, time, effects)),
        static _ => new ApiAnswer(200));

    private static ApiAnswer Answer(JobResult result, JobCall call, int status) => JobProblem.From(result, done => new ApiAnswer(status)
    {
        Json = writer => ScheduleWriter.Write(writer, ((JobResult.ScheduleDone)done).Schedule, call.Now),
    });
}
