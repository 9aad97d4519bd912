using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Health;

/// <summary>State of one health check of one instance, in the order of the definition's checks.</summary>
internal sealed record HealthResult(InstanceId Instance)
{
    public int ConsecutiveFailures { get; init; }

    public DateTimeOffset? FirstSuccess { get; init; }

    public DateTimeOffset? LastSuccess { get; init; }

    public DateTimeOffset? LastFailure { get; init; }

    public string? LastFailureCause { get; init; }

    /// <summary>The last probe succeeded; null when there was none.</summary>
    public bool? Alive { get; init; }
}
