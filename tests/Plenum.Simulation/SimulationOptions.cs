namespace Plenum.Simulation;

/// <summary>Size and roughness of one simulated cluster.</summary>
public sealed record SimulationOptions
{
    /// <summary>How many masters may run at a time: the leader and those that lost the lease and linger.</summary>
    public int Masters { get; init; } = 3;

    public int Agents { get; init; } = 3;

    public int Frameworks { get; init; } = 3;

    /// <summary>How long things break. Simulated time.</summary>
    public TimeSpan FaultTime { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>
    /// After the faults everybody must agree within this. It covers an agent's longest pause between two
    /// repetitions of an update (10 minutes) and the time a master waits for an agent (2 minutes here).
    /// </summary>
    public TimeSpan HealTime { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Mean time between two faults, over all kinds.</summary>
    public TimeSpan FaultInterval { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>Steps kept for the report of a failure.</summary>
    public int TraceLength { get; init; } = 80;

    /// <summary>
    /// An operator never rests: weights, quota, maintenance, drains, agents marked gone. Without this every second
    /// world has one, with quieter hands.
    /// </summary>
    public bool HasOperator { get; init; }

    /// <summary>Breaks the world on purpose, to show that the simulator sees it.</summary>
    public Sabotage Sabotage { get; init; }
}
