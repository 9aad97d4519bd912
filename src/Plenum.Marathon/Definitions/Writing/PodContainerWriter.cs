using System.Text.Json;

namespace Plenum.Marathon.Definitions.Writing;

internal static class PodContainerWriter
{
    public static void Write(Utf8JsonWriter writer, PodContainer container)
    {
        writer.WriteStartObject();
        writer.WriteString("name", container.Name);
        if (container.Command is { } command)
        {
            writer.WriteStartObject("exec");
            WriteCommand(writer, command);
            if (container.OverrideEntrypoint is { } overrides)
            {
                writer.WriteBoolean("overrideEntrypoint", overrides);
            }

            writer.WriteEndObject();
        }

        WriteResources(writer, container.Demand);
        AppWriter.WriteLimits(writer, container.ResourceLimits);
        WriteEndpoints(writer, container.Endpoints);
        WriteImage(writer, container.Image);
        AppWriter.WriteEnvironment(writer, "environment", container.Environment, omitEmpty: false);
        writer.WriteOptional("user", container.User);
        WriteHealthCheck(writer, container.HealthCheck);
        writer.WriteStartArray("volumeMounts");
        foreach (var mount in container.VolumeMounts)
        {
            writer.WriteStartObject();
            writer.WriteString("name", mount.Name);
            writer.WriteString("mountPath", mount.MountPath);
            writer.WriteBoolean("readOnly", mount.ReadOnly);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        AppWriter.WriteArtifacts(writer, "artifacts", container.Artifacts);
        writer.WriteMap("labels", container.Labels);
        if (container.KillGracePeriodSeconds is { } grace)
        {
            writer.WriteStartObject("lifecycle");
            writer.WriteDouble("killGracePeriodSeconds", grace);
            writer.WriteEndObject();
        }

        if (container.Tty is { } tty)
        {
            writer.WriteBoolean("tty", tty);
        }

        if (container.LinuxInfo is { } linuxInfo)
        {
            ContainerWriter.WriteLinuxInfo(writer, linuxInfo);
        }

        writer.WriteEndObject();
    }

    public static void WriteResources(Utf8JsonWriter writer, ResourceDemand resources)
    {
        writer.WriteStartObject("resources");
        writer.WriteDouble("cpus", resources.Cpus);
        writer.WriteDouble("mem", resources.Mem);
        writer.WriteDouble("disk", resources.Disk);
        writer.WriteNumber("gpus", resources.Gpus);
        writer.WriteEndObject();
    }

    private static void WriteCommand(Utf8JsonWriter writer, PodCommand command)
    {
        writer.WriteStartObject("command");
        if (command.Shell is { } shell)
        {
            writer.WriteString("shell", shell);
        }
        else
        {
            writer.WriteTexts("argv", command.Argv);
        }

        writer.WriteEndObject();
    }

    private static void WriteEndpoints(Utf8JsonWriter writer, ValueList<PodEndpoint> endpoints)
    {
        writer.WriteStartArray("endpoints");
        foreach (var endpoint in endpoints)
        {
            writer.WriteStartObject();
            writer.WriteString("name", endpoint.Name);
            if (endpoint.ContainerPort is { } containerPort)
            {
                writer.WriteNumber("containerPort", containerPort);
            }

            if (endpoint.HostPort is { } hostPort)
            {
                writer.WriteNumber("hostPort", hostPort);
            }

            writer.WriteTexts("protocol", endpoint.Protocols);
            writer.WriteMap("labels", endpoint.Labels);
            writer.WriteTexts("networkNames", endpoint.NetworkNames, omitEmpty: true);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteImage(Utf8JsonWriter writer, PodImage? image)
    {
        if (image is null)
        {
            return;
        }

        writer.WriteStartObject("image");
        writer.WriteString("kind", "DOCKER");
        writer.WriteString("id", image.Id);
        if (image.PullConfigSecret is { } secret)
        {
            writer.WriteStartObject("pullConfig");
            writer.WriteString("secret", secret);
            writer.WriteEndObject();
        }

        writer.WriteBoolean("forcePull", image.ForcePull);
        writer.WriteMap("labels", image.Labels);
        writer.WriteEndObject();
    }

    private static void WriteHealthCheck(Utf8JsonWriter writer, PodHealthCheck? health)
    {
        if (health is null)
        {
            return;
        }

        var check = health.Check;
        writer.WriteStartObject("healthCheck");
        if (health.Command is { } command)
        {
            writer.WriteStartObject("exec");
            WriteCommand(writer, command);
        }
        else if (check.Protocol == HealthCheckProtocol.MesosTcp)
        {
            writer.WriteStartObject("tcp");
            writer.WriteOptional("endpoint", health.Endpoint);
        }
        else
        {
            writer.WriteStartObject("http");
            writer.WriteOptional("endpoint", health.Endpoint);
            writer.WriteOptional("path", check.Path);
            writer.WriteString("scheme", check.Protocol == HealthCheckProtocol.MesosHttps ? "HTTPS" : "HTTP");
        }

        writer.WriteEndObject();
        writer.WriteNumber("gracePeriodSeconds", check.GracePeriodSeconds);
        writer.WriteNumber("intervalSeconds", check.IntervalSeconds);
        writer.WriteNumber("maxConsecutiveFailures", check.MaxConsecutiveFailures);
        writer.WriteNumber("timeoutSeconds", check.TimeoutSeconds);
        writer.WriteNumber("delaySeconds", check.DelaySeconds);
        writer.WriteEndObject();
    }
}
