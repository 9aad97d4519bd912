using System.Collections.Immutable;

namespace Plenum.Marathon.Instances;

/// <summary>One of the tasks of a pod's instance.</summary>
internal sealed record ContainerState(string Name, Condition Condition, DateTimeOffset Since)
{
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>What the last status said, cut as all messages are.</summary>
    public string? Message { get; init; }

    /// <summary>The networks it reported, by name; the host's has none.</summary>
    public ImmutableArray<ContainerNetwork> Networks { get; init; } = [];
}

internal sealed record ContainerNetwork(string? Name, ImmutableArray<string> Addresses);
