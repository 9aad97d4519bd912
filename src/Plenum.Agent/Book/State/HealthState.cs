namespace Plenum.Agent.Book.State;

internal sealed class HealthState
{
    public DateTimeOffset? NextAt { get; set; }

    /// <summary>Sequence number of the run whose answer is awaited.</summary>
    public long? Awaited { get; set; }

    public required DateTimeOffset Since { get; init; }

    public uint Failures { get; set; }

    public bool? Healthy { get; set; }

    public bool EverHealthy { get; set; }

    /// <summary>Known healthy from before the agent's restart: one failure alone does not say otherwise.</summary>
    public bool Doubted { get; set; }
}
