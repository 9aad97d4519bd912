using System.Text.Json;
using Plenum.Marathon.Definitions.Writing;
using Plenum.Marathon.Instances;
using Plenum.Metronome.Definitions.Writing;
using Plenum.Metronome.Runs;

namespace Plenum.Metronome.Api.Runs;

/// <summary>Runs as the original prints them; what it never kept (messages, machines, causes) comes behind.</summary>
internal static class RunView
{
    public static void Write(Utf8JsonWriter writer, JobRun run, RunStatus? status = null)
    {
        writer.WriteStartObject();
        writer.WriteString("id", run.Id);
        writer.WriteString("jobId", run.JobId);
        writer.WriteString("status", NameOf(status ?? run.Status));
        writer.WriteTime("createdAt", run.CreatedAt);
        writer.WriteTime("completedAt", run.CompletedAt);
        writer.WriteStartArray("tasks");
        foreach (var task in run.Tasks)
        {
            WriteTask(writer, task);
        }

        writer.WriteEndArray();
        writer.WriteString("cause", run.Cause switch
        {
            RunCause.Schedule => "SCHEDULE",
            RunCause.Dependency => "DEPENDENCY",
            _ => "MANUAL",
        });
        if (run.ScheduleId is { } schedule)
        {
            writer.WriteString("scheduleId", schedule);
            writer.WriteTime("scheduledFor", run.ScheduledFor);
        }

        if (run.IsWaiting && run.Backoff is { } backoff)
        {
            writer.WriteTime("delayedUntil", backoff.Until);
        }

        writer.WriteOptional("message", run.Message);
        writer.WriteEndObject();
    }

    public static void WriteAll(Utf8JsonWriter writer, IEnumerable<JobRun> runs)
    {
        writer.WriteStartArray();
        foreach (var run in runs)
        {
            Write(writer, run);
        }

        writer.WriteEndArray();
    }

    /// <summary>Entries of a history.</summary>
    public static void WriteEnded(Utf8JsonWriter writer, string name, IEnumerable<JobRun> runs)
    {
        writer.WriteStartArray(name);
        foreach (var run in runs)
        {
            writer.WriteStartObject();
            writer.WriteString("id", run.Id);
            writer.WriteTime("createdAt", run.CreatedAt);
            writer.WriteTime("finishedAt", run.CompletedAt);
            writer.WriteTexts("tasks", [.. run.Tasks.AsEnumerable().Select(static task => task.Id)]);
            writer.WriteOptional("message", run.Message);
            if (run.Tasks is [.., var last] && ExitText.CodeOf(last.Message) is { } code)
            {
                writer.WriteNumber("exitCode", code);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    public static string NameOf(RunStatus status) => status switch
    {
        RunStatus.Initial => "INITIAL",
        RunStatus.Starting => "STARTING",
        RunStatus.Active => "ACTIVE",
        RunStatus.Success => "SUCCESS",
        _ => "FAILED",
    };

    private static void WriteTask(Utf8JsonWriter writer, RunTask task)
    {
        writer.WriteStartObject();
        writer.WriteString("id", task.Id);
        writer.WriteTime("startedAt", task.StartedAt);
        if (task.CompletedAt is { } completed)
        {
            writer.WriteTime("completedAt", completed);
        }

        writer.WriteString("status", TaskStateNames.Of(task.Condition.ToTaskState()));
        writer.WriteString("host", task.Host);
        writer.WriteString("agentId", task.AgentId);
        writer.WriteOptional("message", task.Message);
        if (ExitText.CodeOf(task.Message) is { } code)
        {
            writer.WriteNumber("exitCode", code);
        }

        writer.WriteEndObject();
    }
}
