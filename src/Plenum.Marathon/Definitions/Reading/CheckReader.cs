namespace Plenum.Marathon.Definitions.Reading;

internal static class CheckReader
{
    private static readonly HealthCheck HealthDefaults = new();
    private static readonly ReadinessCheck ReadinessDefaults = new();

    public static HealthCheck? ReadHealthCheck(JsonField check)
    {
        if (!check.RequireObject())
        {
            return null;
        }

        var protocol = check["protocol"].Enumeration(WireNames.HealthCheckProtocols) ?? HealthCheckProtocol.Http;
        var port = check["port"].Integer(0, Bounds.MaxPort);
        var portIndex = check["portIndex"].Integer(0, Bounds.MaxPort);
        var command = check["command"];
        return new HealthCheck
        {
            Protocol = protocol,
            GracePeriodSeconds = check["gracePeriodSeconds"].Integer(0, Bounds.MaxSeconds) ?? HealthDefaults.GracePeriodSeconds,
            IntervalSeconds = check["intervalSeconds"].Integer(0, Bounds.MaxSeconds) ?? HealthDefaults.IntervalSeconds,
            TimeoutSeconds = check["timeoutSeconds"].Integer(0, Bounds.MaxSeconds) ?? HealthDefaults.TimeoutSeconds,
            MaxConsecutiveFailures =
                check["maxConsecutiveFailures"].Integer(0, Bounds.MaxSeconds) ?? HealthDefaults.MaxConsecutiveFailures,
            DelaySeconds = check["delaySeconds"].Integer(0, Bounds.MaxSeconds) ?? HealthDefaults.DelaySeconds,
            Path = check["path"].Text(minLength: 1),
            Port = port,
            PortIndex = portIndex ?? (port is null && protocol != HealthCheckProtocol.Command ? 0 : null),
            Command = command.IsPresent && command.RequireObject() ? command["value"].RequiredText() : null,
            IgnoreHttp1xx = check["ignoreHttp1xx"].Boolean() ?? false,
            IpProtocol = check["ipProtocol"].Enumeration(WireNames.IpProtocols) ?? IpProtocol.IPv4,
        };
    }

    public static CheckDefinition? ReadCheck(JsonField check)
    {
        if (!check.IsPresent || !check.RequireObject())
        {
            return null;
        }

        var kinds = new[] { "http", "tcp", "exec" }.Where(kind => check[kind].IsPresent).ToList();
        if (kinds.Count != 1)
        {
            check.Refuse("must have exactly one of http, tcp and exec");
            return null;
        }

        return ReadProbe(check[kinds[0]], kinds[0]) is { } probe
            ? new CheckDefinition(probe)
            {
                IntervalSeconds = check["intervalSeconds"].Integer(1, Bounds.MaxSeconds) ?? 60,
                TimeoutSeconds = check["timeoutSeconds"].Integer(0, Bounds.MaxSeconds) ?? 20,
                DelaySeconds = check["delaySeconds"].Integer(0, Bounds.MaxSeconds) ?? 15,
            }
            : null;
    }

    public static ReadinessCheck? ReadReadinessCheck(JsonField check) =>
        check.RequireObject()
            ? new ReadinessCheck
            {
                Name = check["name"].Text(minLength: 1) ?? ReadinessDefaults.Name,
                Protocol = check["protocol"].Enumeration(WireNames.ReadinessProtocols) ?? ReadinessProtocol.Http,
                Path = check["path"].Text(minLength: 1) ?? ReadinessDefaults.Path,
                PortName = check["portName"].Text(minLength: 1) ?? ReadinessDefaults.PortName,
                IntervalSeconds = check["intervalSeconds"].Integer(1, Bounds.MaxSeconds) ?? ReadinessDefaults.IntervalSeconds,
                TimeoutSeconds = check["timeoutSeconds"].Integer(1, Bounds.MaxSeconds) ?? ReadinessDefaults.TimeoutSeconds,
                HttpStatusCodesForReady =
                    check["httpStatusCodesForReady"].Integers(100, 999) ?? ReadinessDefaults.HttpStatusCodesForReady,
                PreserveLastResponse = check["preserveLastResponse"].Boolean() ?? false,
            }
            : null;

    private static CheckProbe? ReadProbe(JsonField probe, string kind)
    {
        if (!probe.RequireObject())
        {
            return null;
        }

        switch (kind)
        {
            case "http":
                return new CheckProbe.Http(
                    ReadPortIndex(probe),
                    probe["port"].Integer(0, Bounds.MaxPort),
                    probe["path"].Text(minLength: 1),
                    probe["scheme"].Text(minLength: 1));
            case "tcp":
                return new CheckProbe.Tcp(ReadPortIndex(probe), probe["port"].Integer(0, Bounds.MaxPort));
            default:
                return new CheckProbe.Command(ReadShell(probe["command"]));
        }
    }

    private static int? ReadPortIndex(JsonField probe) =>
        probe["portIndex"].Integer(0, Bounds.MaxPort) ?? (probe["port"].IsPresent ? null : 0);

    // The pod form {"command": {"shell": ".."}} and the plain text both occur in the wild.
    private static string ReadShell(JsonField command) =>
        command.Kind == System.Text.Json.JsonValueKind.Object
            ? command["shell"].IsPresent ? command["shell"].RequiredText() : command["value"].RequiredText()
            : command.RequiredText();
}
