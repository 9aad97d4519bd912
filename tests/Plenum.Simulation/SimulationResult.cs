namespace Plenum.Simulation;

/// <summary>What one run came to.</summary>
public sealed record SimulationResult
{
    public required ulong Seed { get; init; }

    /// <summary>Null when every rule held.</summary>
    public required string? Failure { get; init; }

    /// <summary>The last steps before the failure, or before the end.</summary>
    public required IReadOnlyList<string> Trace { get; init; }

    public required int Steps { get; init; }

    public required TimeSpan SimulatedTime { get; init; }

    public required int TasksLaunched { get; init; }

    public required int MasterFailovers { get; init; }

    public required int AgentCrashes { get; init; }

    /// <summary>Volumes made and removed.</summary>
    public required int VolumeChanges { get; init; }

    /// <summary>Disks cut out of storage pools and given back.</summary>
    public required int DiskChanges { get; init; }

    /// <summary>Tasks that ended for more important roles, as their frameworks were told.</summary>
    public required int Preempted { get; init; }

    /// <summary>Agents whose machines an operator put down for maintenance.</summary>
    public required int PutDown { get; init; }

    /// <summary>A value over everything that happened: equal for equal seeds.</summary>
    public required ulong Fingerprint { get; init; }

    public bool Succeeded => Failure is null;

    public override string ToString() => Succeeded
        ? $"seed {Seed}: {Steps} steps, {TasksLaunched} tasks, {MasterFailovers} failovers"
        : $"seed {Seed} failed after {Steps} steps: {Failure}{System.Environment.NewLine}"
            + string.Join(System.Environment.NewLine, Trace);
}
