namespace Plenum.Agent.Containers;

/// <summary>What stands between a container and its machine.</summary>
internal enum ContainerIsolation
{
    /// <summary>A process group only: no namespaces, no limits but rlimits. The agent is not root, or was told so.</summary>
    None,

    /// <summary>Own pid, mount, ipc and uts namespaces, cgroup limits, dropped capabilities.</summary>
    Linux,
}
