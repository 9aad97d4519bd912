namespace Plenum.Agent.Book;

/// <summary>
/// A container found after a restart of the agent. <paramref name="End"/> is null while it runs.
/// </summary>
public sealed record RecoveredContainer(ContainerId Container, int? Pid, ContainerEnd? End);
