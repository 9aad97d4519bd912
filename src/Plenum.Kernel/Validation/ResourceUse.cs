using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Validation;

/// <summary>Rules of the resource list that a task or executor brings.</summary>
internal static class ResourceUse
{
    /// <summary>Reads a validated list, stamped with the role of the offer where the client left it out.</summary>
    internal static ResourceSet Read(IEnumerable<Resource> wire, string allocationRole) =>
        ResourceSet.FromWire(wire).WithAllocationWhereMissing(allocationRole);

    /// <summary><paramref name="kind"/> and <paramref name="id"/> of who brings the list become words only when it breaks a rule.</summary>
    internal static string? Validate(
        IReadOnlyList<Resource> wire, string allocationRole, string kind, string id, out ResourceSet resources) =>
        Find(wire, allocationRole, out resources) is { } broken ? $"{kind} '{id}' {broken}" : null;

    /// <summary>A task and the executor it brings along share one offer.</summary>
    internal static string? ValidateTogether(ResourceSet task, ResourceSet executor) =>
        task.Ports.Overlaps(executor.Ports) ? "The task and its executor use the same ports"
        : FindMixture(task + executor) is { } mixture ? $"The task with its executor {mixture}"
        : null;

    private static string? Find(IReadOnlyList<Resource> wire, string allocationRole, out ResourceSet resources)
    {
        resources = ResourceSet.Empty;
        if (ResourceSet.Validate(wire) is { } error)
        {
            return $"uses invalid resources: {error}";
        }

        resources = Read(wire, allocationRole);
        foreach (ref readonly var entry in resources.Entries)
        {
            if (!string.Equals(entry.AllocationRole, allocationRole, StringComparison.Ordinal))
            {
                return $"uses resources allocated to role '{entry.AllocationRole}' of an offer for role '{allocationRole}'";
            }
        }

        return resources.Millis("gpus") % 1000 != 0 ? "uses a fraction of a GPU" : FindVolumeTwice(resources) ?? FindMixture(resources);
    }

    private static string? FindVolumeTwice(ResourceSet resources)
    {
        HashSet<(string Role, string Id)>? seen = null;
        foreach (ref readonly var entry in resources.Entries)
        {
            if (entry.PersistenceId is { } id && !(seen ??= []).Add((entry.Role, id)))
            {
                return $"uses the persistence ID '{id}' twice";
            }
        }

        return null;
    }

    // Revocable resources of a name can vanish while firm ones cannot: no isolator can enforce the mix.
    private static string? FindMixture(ResourceSet resources)
    {
        var entries = resources.Entries;
        for (var i = 1; i < entries.Length; i++)
        {
            if (entries[i].IsRevocable != entries[i - 1].IsRevocable
                && string.Equals(entries[i].Name, entries[i - 1].Name, StringComparison.Ordinal))
            {
                return $"mixes revocable and non-revocable '{entries[i].Name}'";
            }
        }

        return null;
    }
}
