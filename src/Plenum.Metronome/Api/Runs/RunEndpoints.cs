using Plenum.Marathon.Api;
using Plenum.Metronome.Core;
using Plenum.Metronome.Definitions;
using Plenum.Metronome.Definitions.Reading;
using Plenum.Metronome.Runs;

namespace Plenum.Metronome.Api.Runs;

internal static class RunEndpoints
{
    /// <summary>Those under way only, as ever; the others are in the job's history.</summary>
    public static ApiAnswer List(JobCall call) => call.Job is { } job
        ? ApiAnswer.Ok(writer => RunView.WriteAll(writer, job.Active.Values))
        : JobProblem.NoSuchJob(call.JobId);

    /// <summary>Also one that ended, as long as the history keeps it: the original forgot it at once.</summary>
    public static ApiAnswer Show(JobCall call)
    {
        if (call.Job is not { } job)
        {
            return JobProblem.NoSuchJob(call.JobId);
        }

        return job.FindRun(call.Argument) is { } run
            ? ApiAnswer.Ok(writer => RunView.Write(writer, run))
            : JobProblem.NoSuchRun(call.JobId, call.Argument);
    }

    public static async Task<ApiAnswer> StartAsync(JobCall call)
    {
        var (overrides, problem) = await call.ReadAsync(OverridesReader.Read, RunOverrides.None);
        return problem ?? JobProblem.From(
            await call.RequestAsync((core, time, effects) => core.StartRun(call.JobId, overrides!, time, effects)),
            static done => new ApiAnswer(201)
            {
                Json = writer => RunView.Write(writer, ((JobResult.RunDone)done).Run, RunStatus.Initial),
            });
    }

    public static async Task<ApiAnswer> StopAsync(JobCall call) => JobProblem.From(
        await call.RequestAsync((core, time, effects) => core.StopRun(call.JobId, call.Argument, time, effects)),
        static _ => new ApiAnswer(200));

    /// <summary>Runs that wait for a machine.</summary>
    public static ApiAnswer Queue(JobCall call) => ApiAnswer.Ok(writer =>
    {
        writer.WriteStartArray();
        foreach (var job in call.Snapshot.Jobs.Values.Where(static job => job.Active.Values.Any(static run => run.IsWaiting)))
        {
            writer.WriteStartObject();
            writer.WriteString("jobId", job.Spec.Id);
            writer.WriteStartArray("runs");
            foreach (var run in job.Active.Values.Where(static run => run.IsWaiting))
            {
                writer.WriteStartObject();
                writer.WriteString("runId", run.Id);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });
}
