namespace Plenum.Marathon.Definitions;

internal enum HealthCheckProtocol
{
    Http,
    Https,
    Tcp,
    Command,
    MesosHttp,
    MesosHttps,
    MesosTcp,
}

internal enum IpProtocol
{
    IPv4,
    IPv6,
}

internal sealed record HealthCheck
{
    public HealthCheckProtocol Protocol { get; init; }

    public int GracePeriodSeconds { get; init; } = 300;

    public int IntervalSeconds { get; init; } = 60;

    public int TimeoutSeconds { get; init; } = 20;

    /// <summary>
    /// 0 means "never kill" for a check of the orchestrator and "kill at the first failure" for one of the agent.
    /// </summary>
    public int MaxConsecutiveFailures { get; init; } = 3;

    public int DelaySeconds { get; init; } = 15;

    /// <summary>null is "/" where a path is used.</summary>
    public string? Path { get; init; }

    public int? PortIndex { get; init; }

    public int? Port { get; init; }

    /// <summary>The shell command of protocol COMMAND.</summary>
    public string? Command { get; init; }

    public bool IgnoreHttp1xx { get; init; }

    public IpProtocol IpProtocol { get; init; }

    public bool IsHttp => Protocol is HealthCheckProtocol.Http or HealthCheckProtocol.Https
        or HealthCheckProtocol.MesosHttp or HealthCheckProtocol.MesosHttps;

    /// <summary>Performed by the orchestrator itself; the others (COMMAND too) by the agent.</summary>
    public bool IsMarathonLevel =>
        Protocol is HealthCheckProtocol.Http or HealthCheckProtocol.Https or HealthCheckProtocol.Tcp;
}
