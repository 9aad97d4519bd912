namespace Plenum.Marathon.Definitions.Validation;

internal static class CheckValidator
{
    public static void Validate(AppDefinition app, Report report)
    {
        for (var i = 0; i < app.HealthChecks.Count; i++)
        {
            ValidateHealthCheck(app, app.HealthChecks[i], report["healthChecks"].At(i));
        }

        // The agent keeps one health check a task. COMMAND is performed by the agent as well, yet Marathon does not
        // count it here, and apps with both exist.
        if (app.HealthChecks.Count(check => check.Protocol is HealthCheckProtocol.MesosHttp
            or HealthCheckProtocol.MesosHttps or HealthCheckProtocol.MesosTcp) > 1)
        {
            report["healthChecks"].Add("AppDefinition can contain at most one Mesos health check");
        }

        if (app.Check is { } check)
        {
            ValidateCheck(app, check, report["check"]);
        }

        ValidateReadiness(app, app.PortNames, "app's ports", report["readinessChecks"]);
    }

    /// <param name="spec">The app or pod.</param>
    /// <param name="ports">The names of what may be asked.</param>
    /// <param name="called">What those are called.</param>
    /// <param name="report">Of the list.</param>
    public static void ValidateReadiness(RunSpec spec, IReadOnlyList<string?> ports, string called, Report report)
    {
        if (spec.ReadinessChecks.Count > 1)
        {
            report.Add("may hold one check only");
        }

        for (var i = 0; i < spec.ReadinessChecks.Count; i++)
        {
            ValidateReadinessCheck(spec.ReadinessChecks[i], ports, called, report.At(i));
        }
    }

    private static void ValidateHealthCheck(AppDefinition app, HealthCheck check, Report report)
    {
        if (check.Protocol == HealthCheckProtocol.Command)
        {
            if (check.Command is null)
            {
                report["command"].Add("must be given with protocol COMMAND");
            }

            if (check.Path is not null || check.Port is not null || check.PortIndex is not null)
            {
                report.Add("must not have path, port or portIndex with protocol COMMAND");
            }

            return;
        }

        if (check.Command is not null)
        {
            report["command"].Add("may be given with protocol COMMAND only");
        }

        if (!check.IsHttp && check.Path is not null)
        {
            report["path"].Add("may be given with the HTTP protocols only");
        }

        if (check.Path is not null && !check.Path.StartsWith('/'))
        {
            report["path"].Add("must begin with a slash");
        }

        if (check is { Port: not null, PortIndex: not null })
        {
            report.Add("must not have both port and portIndex");
        }

        ValidatePortIndex(app, check.PortIndex, report["portIndex"]);
        if (check.IpProtocol == IpProtocol.IPv6 && (check.IsMarathonLevel || app.Container is not { Type: ContainerEngine.Docker }))
        {
            report["ipProtocol"].Add("IPv6 is possible with the Docker engine and the MESOS_* protocols only");
        }
    }

    private static void ValidatePortIndex(AppDefinition app, int? index, Report report)
    {
        if (index >= app.ServicePorts.Count)
        {
            report.Add($"must address an existing port: the app has {app.ServicePorts.Count}");
        }
    }

    private static void ValidateCheck(AppDefinition app, CheckDefinition check, Report report)
    {
        if (app.Container is { Type: ContainerEngine.Docker })
        {
            report.Add("is not possible with the Docker engine: use a container of type MESOS");
        }

        switch (check.Probe)
        {
            case CheckProbe.Http { Port: not null, PortIndex: not null } or CheckProbe.Tcp { Port: not null, PortIndex: not null }:
                report.Add("must not have both port and portIndex");
                break;
            case CheckProbe.Http http:
                ValidatePortIndex(app, http.PortIndex, report["http"]["portIndex"]);
                break;
            case CheckProbe.Tcp tcp:
                ValidatePortIndex(app, tcp.PortIndex, report["tcp"]["portIndex"]);
                break;
        }
    }

    private static void ValidateReadinessCheck(ReadinessCheck check, IReadOnlyList<string?> ports, string called, Report report)
    {
        if (!ports.Contains(check.PortName))
        {
            report["portName"].Add($"'{check.PortName}' is the name of none of the {called}");
        }

        if (check.TimeoutSeconds >= check.IntervalSeconds)
        {
            report["timeoutSeconds"].Add("must be less than intervalSeconds");
        }

        if (check.HttpStatusCodesForReady.IsEmpty)
        {
            report["httpStatusCodesForReady"].Add("must not be empty");
        }

        if (!check.Path.StartsWith('/'))
        {
            report["path"].Add("must begin with a slash");
        }
    }
}
