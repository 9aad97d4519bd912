namespace Plenum.Kernel.Registry;

/// <summary>
/// The order of writes that are too many for one transaction, in which a crash between two leaves a registry that is
/// true: a part of what was decided, of which nobody has heard. What must go together is read together: the reader
/// drops entries of tasks that their agent's standing or their framework's does not bear out.
/// </summary>
public static class RegistryOrder
{
    /// <summary>Entries of a lower phase are stored before any of a higher one.</summary>
    /// <remarks>
    /// 1. tasks of lost agents and ends: not counted before the standing says so, and ends that are true whatever follows;
    /// 2. what operators set, in one transaction unless several changes meet: a half of a tree of quotas may contradict itself;
    /// 3. who the agents and frameworks are: from here on they are lost, gone or removed;
    /// 4. tasks that leave the registry because of that.
    /// </remarks>
    public static int PhaseOf(string key, bool isDeleted)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (Is(RegistryKeys.Ends) || Is(RegistryKeys.LostTasks))
        {
            return isDeleted ? 4 : 1;
        }

        return Is(RegistryKeys.Agents) || Is(RegistryKeys.Frameworks) ? 3 : 2;

        bool Is(string prefix) => key.StartsWith(prefix, StringComparison.Ordinal);
    }
}
