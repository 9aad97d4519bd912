namespace Plenum.Agent.Containers;

/// <summary>
/// Request and limit as Mesos means them: the request weighs (cpu shares, soft memory limit), the
/// limit binds (CFS quota, hard memory limit). Memory without a limit is bound by its request; cpu without a
/// limit is not bound.
/// </summary>
internal sealed record ContainerLimits
{
    public static readonly ContainerLimits None = new();

    /// <summary>
    /// Of what is nested and has none of its own: its parent's hold for it, and it weighs what one process of the parent weighs.
    /// </summary>
    public static readonly ContainerLimits OfParent = new() { IsWithinParent = true };

    /// <summary>No weight is set: the least one would starve it beside a busy parent.</summary>
    public bool IsWithinParent { get; init; }

    /// <summary>CPUs requested; null: the least weight.</summary>
    public double? Cpus { get; init; }

    /// <summary>Its cpus are lent: whoever has his own goes first.</summary>
    public bool IsRevocable { get; init; }

    /// <summary>CPUs at most; null or infinite: no quota.</summary>
    public double? CpuLimit { get; init; }

    /// <summary>Bytes requested; null: memory is neither reserved nor bound.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Bytes at most; null: the request; <see cref="long.MaxValue"/>: no bound.</summary>
    public long? MemoryLimitBytes { get; init; }

    /// <summary>Processes and threads at most; null: the runtime's default.</summary>
    public int? Processes { get; init; }
}
