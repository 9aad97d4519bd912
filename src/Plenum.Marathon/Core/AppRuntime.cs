using System.Collections.Immutable;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Health;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Core;

/// <summary>What is known of one service beside its definition. Exists while the service or an instance of it does.</summary>
internal sealed record AppRuntime(PathId App)
{
    public ImmutableSortedDictionary<InstanceId, Instance> Instances { get; init; } =
        ImmutableSortedDictionary<InstanceId, Instance>.Empty;

    /// <summary>Results per instance; one entry for each health check that has a result.</summary>
    public ImmutableDictionary<InstanceId, ImmutableArray<HealthResult>> Health { get; init; } =
        ImmutableDictionary<InstanceId, ImmutableArray<HealthResult>>.Empty;

    public TaskFailure? LastFailure { get; init; }
}
