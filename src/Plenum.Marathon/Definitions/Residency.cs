namespace Plenum.Marathon.Definitions;

internal enum TaskLostBehavior
{
    WaitForever,
    RelaunchAfterTimeout,
}

/// <summary>Without effect since unreachable strategies exist; echoed for stateful apps because clients read it.</summary>
internal sealed record Residency
{
    public int RelaunchEscalationTimeoutSeconds { get; init; } = 3600;

    public TaskLostBehavior TaskLostBehavior { get; init; }
}
