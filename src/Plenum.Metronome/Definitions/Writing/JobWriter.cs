using System.Text.Json;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Writing;

namespace Plenum.Metronome.Definitions.Writing;

/// <summary>A job as the original prints it; <see cref="Reading.JobReader"/> reads the same back.</summary>
internal static class JobWriter
{
    /// <param name="now">For the next runs of its schedules; null leaves them out.</param>
    public static void Write(Utf8JsonWriter writer, JobSpec job, DateTimeOffset? now)
    {
        writer.WriteStartObject();
        WriteMembers(writer, job, now);
        writer.WriteEndObject();
    }

    public static void WriteMembers(Utf8JsonWriter writer, JobSpec job, DateTimeOffset? now)
    {
        writer.WriteString("id", job.Id);
        writer.WriteOptional("description", job.Description);
        writer.WriteStartArray("dependencies");
        foreach (var dependency in job.Dependencies)
        {
            writer.WriteStartObject();
            writer.WriteString("id", dependency);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteMap("labels", job.Labels);
        writer.WritePropertyName("run");
        WriteRun(writer, job.Run);
        writer.WritePropertyName("schedules");
        ScheduleWriter.WriteAll(writer, job.Schedules, now);
    }

    private static void WriteRun(Utf8JsonWriter writer, JobRunSpec run)
    {
        writer.WriteStartObject();
        writer.WriteAmount("cpus", run.Cpus);
        writer.WriteAmount("mem", run.Mem);
        writer.WriteAmount("disk", run.Disk);
        writer.WriteAmount("gpus", run.Gpus);
        writer.WriteOptional("cmd", run.Cmd);
        if (run.Args is { } args)
        {
            writer.WriteTexts("args", args);
        }

        writer.WriteOptional("user", run.User);
        writer.WriteVariables("env", run.Env);
        writer.WriteStartObject("secrets");
        foreach (var (name, source) in run.Secrets)
        {
            writer.WriteStartObject(name);
            writer.WriteString("source", source);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        WritePlacement(writer, run);
        WriteArtifacts(writer, run);
        writer.WriteNumber("maxLaunchDelay", run.MaxLaunchDelaySeconds);
        WriteImage(writer, run);
        WriteVolumes(writer, run);
        NetworkWriter.WriteNetworks(writer, run.Networks);
        writer.WriteStartObject("restart");
        writer.WriteString("policy", JobNames.RestartPolicies.Of(run.RestartPolicy));
        if (run.ActiveDeadlineSeconds is { } deadline)
        {
            writer.WriteNumber("activeDeadlineSeconds", deadline);
        }

        writer.WriteEndObject();
        if (run.TaskKillGracePeriodSeconds is { } grace)
        {
            writer.WriteNumber("taskKillGracePeriodSeconds", grace);
        }

        writer.WriteEndObject();
    }

    private static void WritePlacement(Utf8JsonWriter writer, JobRunSpec run)
    {
        writer.WriteStartObject("placement");
        writer.WriteStartArray("constraints");
        foreach (var constraint in run.Constraints)
        {
            writer.WriteStartObject();
            writer.WriteString("attribute", constraint.Field);
            writer.WriteString("operator", JobNames.Operators.Of(constraint.Operator));
            writer.WriteOptional("value", constraint.Value);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteArtifacts(Utf8JsonWriter writer, JobRunSpec run)
    {
        writer.WriteStartArray("artifacts");
        foreach (var artifact in run.Artifacts)
        {
            writer.WriteStartObject();
            writer.WriteString("uri", artifact.Uri);
            writer.WriteBoolean("extract", artifact.Extract);
            writer.WriteBoolean("executable", artifact.Executable);
            writer.WriteBoolean("cache", artifact.Cache);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteImage(Utf8JsonWriter writer, JobRunSpec run)
    {
        if (run.Docker is { } docker)
        {
            writer.WriteStartObject("docker");
            writer.WriteString("image", docker.Image);
            writer.WriteBoolean("forcePullImage", docker.ForcePullImage);
            writer.WriteBoolean("privileged", docker.Privileged);
            writer.WriteStartArray("parameters");
            foreach (var parameter in docker.Parameters)
            {
                writer.WriteStartObject();
                writer.WriteString("key", parameter.Key);
                writer.WriteString("value", parameter.Value);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        if (run.Ucr is { } ucr)
        {
            writer.WriteStartObject("ucr");
            writer.WriteStartObject("image");
            writer.WriteString("id", ucr.Id);
            writer.WriteString("kind", "docker");
            writer.WriteBoolean("forcePull", ucr.ForcePull);
            writer.WriteEndObject();
            writer.WriteBoolean("privileged", ucr.Privileged);
            writer.WriteEndObject();
        }
    }

    private static void WriteVolumes(Utf8JsonWriter writer, JobRunSpec run)
    {
        writer.WriteStartArray("volumes");
        foreach (var volume in run.Volumes)
        {
            writer.WriteStartObject();
            writer.WriteString("containerPath", volume.ContainerPath);
            if (volume is Volume.Secret secret)
            {
                writer.WriteString("secret", secret.SecretName);
            }
            else if (volume is Volume.Host host)
            {
                writer.WriteString("hostPath", host.HostPath);
                writer.WriteString("mode", WireNames.VolumeModes.Of(host.Mode));
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
