using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;

namespace Plenum.Marathon.Groups;

/// <summary>
/// What of a stateful service may not change: its instances go on with what was reserved for them, and that was
/// measured by the definition of its first day.
/// </summary>
internal static class ResidentChanges
{
    /// <summary>The path and the reason when the change is refused; null when it is fine.</summary>
    /// <param name="change">The definition before and after.</param>
    /// <param name="force">Whoever changes it knows that only new instances will have another role: the others keep what is reserved.</param>
    public static (string Path, string Message)? Refusal(ServiceChange change, bool force)
    {
        if (change is not { Original: { } original, Target: { } target } || (!original.IsResident && !target.IsResident))
        {
            return null;
        }

        if (!original.PersistentVolumes.SequenceEqual(target.PersistentVolumes))
        {
            return (target is PodDefinition ? "/volumes" : "/container/volumes", $"The persistent volumes of {change.App} cannot be changed: remove it and create it anew");
        }

        if (original.Role != target.Role && !force)
        {
            return ("/role", $"{change.App} has persistent volumes, which keep the role {original.Role}: only new instances would have {target.Role}. Use force to change it nevertheless");
        }

        var (before, after) = (original.Demand, target.Demand);
        foreach (var (path, held, wanted) in new[]
        {
            ("/cpus", before.Cpus, after.Cpus),
            ("/mem", before.Mem, after.Mem),
            ("/disk", before.Disk, after.Disk),
            ("/gpus", before.Gpus, after.Gpus),
        })
        {
            if (held.CompareTo(wanted) != 0)
            {
                return (path, $"{change.App} has persistent volumes: what its instances have reserved cannot be changed");
            }
        }

        // 0 stands for any port: it is the same need whatever port it was served with.
        return original.HostPorts.SequenceEqual(target.HostPorts)
            ? null
            : (target is PodDefinition ? "/containers" : "/portDefinitions", $"{change.App} has persistent volumes: the host ports of its instances are reserved and cannot be changed");
    }
}
