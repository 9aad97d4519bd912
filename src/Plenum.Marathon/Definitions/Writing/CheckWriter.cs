using System.Text.Json;

namespace Plenum.Marathon.Definitions.Writing;

internal static class CheckWriter
{
    public static void Write(Utf8JsonWriter writer, AppDefinition app)
    {
        if (!app.HealthChecks.IsEmpty)
        {
            writer.WriteStartArray("healthChecks");
            foreach (var check in app.HealthChecks)
            {
                WriteHealthCheck(writer, check);
            }

            writer.WriteEndArray();
        }

        if (app.Check is { } definition)
        {
            WriteCheck(writer, definition);
        }

        WriteReadinessChecks(writer, app);
    }

    /// <summary>Only where there is one.</summary>
    public static void WriteReadinessChecks(Utf8JsonWriter writer, RunSpec spec)
    {
        if (spec.ReadinessChecks.IsEmpty)
        {
            return;
        }

        writer.WriteStartArray("readinessChecks");
        foreach (var check in spec.ReadinessChecks)
        {
            WriteReadinessCheck(writer, check);
        }

        writer.WriteEndArray();
    }

    public static void WriteHealthCheck(Utf8JsonWriter writer, HealthCheck check)
    {
        writer.WriteStartObject();
        writer.WriteString("protocol", WireNames.HealthCheckProtocols.Of(check.Protocol));
        writer.WriteNumber("gracePeriodSeconds", check.GracePeriodSeconds);
        writer.WriteNumber("intervalSeconds", check.IntervalSeconds);
        writer.WriteNumber("timeoutSeconds", check.TimeoutSeconds);
        writer.WriteNumber("maxConsecutiveFailures", check.MaxConsecutiveFailures);
        writer.WriteNumber("delaySeconds", check.DelaySeconds);
        writer.WriteOptional("path", check.Path);
        WritePort(writer, check.PortIndex, check.Port);
        if (check.Command is not null)
        {
            writer.WriteStartObject("command");
            writer.WriteString("value", check.Command);
            writer.WriteEndObject();
        }

        if (check.IsMarathonLevel)
        {
            writer.WriteBoolean("ignoreHttp1xx", check.IgnoreHttp1xx);
        }

        if (check.Protocol != HealthCheckProtocol.Command)
        {
            writer.WriteString("ipProtocol", WireNames.IpProtocols.Of(check.IpProtocol));
        }

        writer.WriteEndObject();
    }

    private static void WritePort(Utf8JsonWriter writer, int? portIndex, int? port)
    {
        if (portIndex is { } index)
        {
            writer.WriteNumber("portIndex", index);
        }

        if (port is { } number)
        {
            writer.WriteNumber("port", number);
        }
    }

    private static void WriteCheck(Utf8JsonWriter writer, CheckDefinition check)
    {
        writer.WriteStartObject("check");
        switch (check.Probe)
        {
            case CheckProbe.Http http:
                writer.WriteStartObject("http");
                WritePort(writer, http.PortIndex, http.Port);
                writer.WriteOptional("path", http.Path);
                writer.WriteOptional("scheme", http.Scheme);
                writer.WriteEndObject();
                break;
            case CheckProbe.Tcp tcp:
                writer.WriteStartObject("tcp");
                WritePort(writer, tcp.PortIndex, tcp.Port);
                writer.WriteEndObject();
                break;
            case CheckProbe.Command command:
                writer.WriteStartObject("exec");
                writer.WriteStartObject("command");
                writer.WriteString("shell", command.Shell);
                writer.WriteEndObject();
                writer.WriteEndObject();
                break;
        }

        writer.WriteNumber("intervalSeconds", check.IntervalSeconds);
        writer.WriteNumber("timeoutSeconds", check.TimeoutSeconds);
        writer.WriteNumber("delaySeconds", check.DelaySeconds);
        writer.WriteEndObject();
    }

    private static void WriteReadinessCheck(Utf8JsonWriter writer, ReadinessCheck check)
    {
        writer.WriteStartObject();
        writer.WriteString("name", check.Name);
        writer.WriteString("protocol", WireNames.ReadinessProtocols.Of(check.Protocol));
        writer.WriteString("path", check.Path);
        writer.WriteString("portName", check.PortName);
        writer.WriteNumber("intervalSeconds", check.IntervalSeconds);
        writer.WriteNumber("timeoutSeconds", check.TimeoutSeconds);
        writer.WriteStartArray("httpStatusCodesForReady");
        foreach (var code in check.HttpStatusCodesForReady)
        {
            writer.WriteNumberValue(code);
        }

        writer.WriteEndArray();
        writer.WriteBoolean("preserveLastResponse", check.PreserveLastResponse);
        writer.WriteEndObject();
    }
}
