using Plenum.Protocol.V1;

namespace Plenum.Agent.Book;

/// <summary>
/// A container found after a restart of the agent. <paramref name="End"/> is null while it runs.
/// </summary>
public sealed record RecoveredContainer(ContainerId Container, int? Pid, ContainerEnd? End)
{
    /// <summary>As in <see cref="AgentCommand.ContainerStarted"/>.</summary>
    public IReadOnlyList<NetworkInfo> Networks { get; init; } = [];
}
