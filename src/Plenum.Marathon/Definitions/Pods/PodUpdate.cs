namespace Plenum.Marathon.Definitions;

/// <summary>
/// What a request says about a pod. Pods are only ever written whole, so this is the definition but for what depends
/// on the place it gets: null is "not said".
/// </summary>
internal sealed record PodUpdate(PodDefinition Pod)
{
    public string? Role { get; init; }

    public UpgradeStrategy? Upgrade { get; init; }

    public UnreachableStrategy? Unreachable { get; init; }
}
