using System.Collections.Immutable;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;
using Plenum.Marathon.Instances;
using Plenum.Marathon.LaunchQueue;
using Plenum.Marathon.Reservations;

namespace Plenum.Marathon.Persistence;

/// <summary>Everything that was stored, read back.</summary>
internal sealed record StoredState
{
    public string? FrameworkId { get; private set; }

    public List<RunSpec> SpecVersions { get; } = [];

    public List<(string Key, StoredRoot Root)> Roots { get; } = [];

    public List<Instance> Instances { get; } = [];

    public List<DeploymentPlan> Deployments { get; } = [];

    /// <summary>What people decided about deployments under way.</summary>
    public List<DeploymentState> DeploymentStates { get; } = [];

    /// <summary>Services of plans that are too large for one entry.</summary>
    public List<(string Key, ImmutableArray<ServiceChange> Services)> PlanParts { get; } = [];

    public List<Leftover> Leftovers { get; } = [];

    public List<TaskFailure> Failures { get; } = [];

    public List<(PathId App, Backoff Backoff)> Backoffs { get; } = [];

    /// <exception cref="StoredStateException">The entry is not what this program writes.</exception>
    public void Add(string key, ReadOnlySpan<byte> value)
    {
        if (key == StoreKeys.Framework)
        {
            FrameworkId = StoredJson.Read<string>(key, value);
        }
        else if (key.StartsWith(StoreKeys.AppsPrefix, StringComparison.Ordinal))
        {
            SpecVersions.Add(StoredJson.Read<AppDefinition>(key, value));
        }
        else if (key.StartsWith(StoreKeys.PodsPrefix, StringComparison.Ordinal))
        {
            SpecVersions.Add(StoredJson.Read<PodDefinition>(key, value));
        }
        else if (key.StartsWith(StoreKeys.RootsPrefix, StringComparison.Ordinal))
        {
            Roots.Add((key, StoredJson.Read<StoredRoot>(key, value)));
        }
        else if (key.StartsWith(StoreKeys.InstancesPrefix, StringComparison.Ordinal))
        {
            Instances.Add(StoredJson.Read<Instance>(key, value));
        }
        else if (key.StartsWith(StoreKeys.DeploymentsPrefix, StringComparison.Ordinal))
        {
            Deployments.Add(StoredJson.Read<DeploymentPlan>(key, value));
        }
        else if (key.StartsWith(StoreKeys.DeploymentStatesPrefix, StringComparison.Ordinal))
        {
            DeploymentStates.Add(StoredJson.Read<DeploymentState>(key, value));
        }
        else if (key.StartsWith(StoreKeys.PlanPartsPrefix, StringComparison.Ordinal))
        {
            PlanParts.Add((key, [.. StoredJson.Read<ServiceChange[]>(key, value)]));
        }
        else if (key.StartsWith(StoreKeys.LeftoversPrefix, StringComparison.Ordinal))
        {
            Leftovers.Add(StoredJson.Read<Leftover>(key, value));
        }
        else if (key.StartsWith(StoreKeys.FailuresPrefix, StringComparison.Ordinal))
        {
            Failures.Add(StoredJson.Read<TaskFailure>(key, value));
        }
        else if (key.StartsWith(StoreKeys.BackoffsPrefix, StringComparison.Ordinal))
        {
            Backoffs.Add((PathId.FromSafePath(key[StoreKeys.BackoffsPrefix.Length..]), StoredJson.Read<Backoff>(key, value)));
        }
        else
        {
            throw new StoredStateException(key, "no part of this program writes such a key; it may be of a newer version", null);
        }
    }
}
