namespace Plenum.Agent.Containers;

/// <summary>A container that runs.</summary>
/// <param name="Pid">Its first process, as the host numbers it.</param>
/// <param name="Isolation">What it is separated by.</param>
/// <param name="Network">Where its sockets are.</param>
internal sealed record ContainerStart(int Pid, ContainerIsolation Isolation, ContainerNetwork Network);
