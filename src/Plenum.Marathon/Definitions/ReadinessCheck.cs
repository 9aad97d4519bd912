namespace Plenum.Marathon.Definitions;

internal enum ReadinessProtocol
{
    Http,
    Https,
}

/// <summary>Asked during a deployment only, until the new instance has answered "ready" once.</summary>
internal sealed record ReadinessCheck
{
    public const string DefaultName = "readinessCheck";
    public const string DefaultPortName = "http-api";

    public string Name { get; init; } = DefaultName;

    public ReadinessProtocol Protocol { get; init; }

    public string Path { get; init; } = "/";

    public string PortName { get; init; } = DefaultPortName;

    public int IntervalSeconds { get; init; } = 30;

    public int TimeoutSeconds { get; init; } = 10;

    public ValueList<int> HttpStatusCodesForReady { get; init; } = [200];

    public bool PreserveLastResponse { get; init; }
}
