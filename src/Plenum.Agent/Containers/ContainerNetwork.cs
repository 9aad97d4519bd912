namespace Plenum.Agent.Containers;

/// <summary>The network a container's sockets belong to.</summary>
/// <param name="IsHost">It shares the machine's network: its ports are the machine's.</param>
/// <param name="NamespacePath">Names the namespace for whoever wants to enter it; valid while the container runs.</param>
internal sealed record ContainerNetwork(bool IsHost, string NamespacePath);
