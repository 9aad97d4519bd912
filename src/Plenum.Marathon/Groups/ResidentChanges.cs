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
    public static (string Path, string Message)? Refusal(ServiceChange change)
    {
        if (change is not { Original: { } original, Target: { } target } || (!original.IsResident && !target.IsResident))
        {
            return null;
        }

        if (!original.PersistentVolumes.SequenceEqual(target.PersistentVolumes))
        {
            return ("/container/volumes", $"The persistent volumes of {change.App} cannot be changed: remove it and create it anew");
        }

        foreach (var (path, before, after) in new[]
        {
            ("/cpus", original.Cpus, target.Cpus),
            ("/mem", original.Mem, target.Mem),
            ("/disk", original.Disk, target.Disk),
            ("/gpus", original.Gpus, target.Gpus),
        })
        {
            if (before.CompareTo(after) != 0)
            {
                return (path, $"{change.App} has persistent volumes: what its instances have reserved cannot be changed");
            }
        }

        return HostPorts(original).SequenceEqual(HostPorts(target))
            ? null
            : ("/portDefinitions", $"{change.App} has persistent volumes: the host ports of its instances are reserved and cannot be changed");
    }

    // 0 stands for any port: it is the same need whatever port it was served with.
    private static IEnumerable<int> HostPorts(AppDefinition app) => app.IsHostMode
        ? app.PortDefinitions.AsEnumerable().Select(port => app.RequirePorts ? port.Port : 0)
        : app.PortMappings.AsEnumerable().Select(mapping => mapping.HostPort).OfType<int>();
}
