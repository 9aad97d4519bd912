using Plenum.Agent.Containers.Users;
using Plenum.Agent.Images;
using Plenum.Agent.Volumes;

namespace Plenum.Agent.Containers;

/// <summary>What a container finds when its bundle is written.</summary>
/// <param name="Cgroup">Its own control group.</param>
/// <param name="Image">Its root; null: the machine's programs.</param>
/// <param name="Pod">The pod that it is in and the process that holds the pod's namespaces.</param>
/// <param name="ParentPid">First process of the container that it is nested in.</param>
/// <param name="Network">Its own network or its parent's; null: the machine's.</param>
/// <param name="Volumes">What was mounted for it.</param>
internal sealed record BundleSurroundings(
    string Cgroup,
    ProvisionedImage? Image,
    (ContainerKey Key, int Pid)? Pod,
    int? ParentPid,
    ContainerNetwork? Network,
    PreparedVolumes Volumes)
{
    /// <summary>Null: its users are the machine's.</summary>
    public UserMounts? Users { get; init; }
}
