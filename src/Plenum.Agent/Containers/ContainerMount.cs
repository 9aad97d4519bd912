namespace Plenum.Agent.Containers;

/// <summary>A host file or directory shown in the container.</summary>
/// <param name="HostPath">Absolute and existing.</param>
/// <param name="ContainerPath">Absolute, or relative to the sandbox as the container sees it.</param>
/// <param name="ReadOnly">Mounted without write access.</param>
internal sealed record ContainerMount(string HostPath, string ContainerPath, bool ReadOnly);
