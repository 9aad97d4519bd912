namespace Plenum.Marathon.Definitions;

/// <summary>An observation without consequences: the agent reports its result beside the task's state.</summary>
internal sealed record CheckDefinition(CheckProbe Probe)
{
    public int IntervalSeconds { get; init; } = 60;

    public int TimeoutSeconds { get; init; } = 20;

    public int DelaySeconds { get; init; } = 15;
}

internal abstract record CheckProbe
{
    private CheckProbe()
    {
    }

    internal sealed record Http(int? PortIndex, int? Port, string? Path, string? Scheme) : CheckProbe;

    internal sealed record Tcp(int? PortIndex, int? Port) : CheckProbe;

    internal sealed record Command(string Shell) : CheckProbe;
}
