namespace Plenum.Kernel.Commands;

/// <summary>One connection of one agent, numbered by the shell.</summary>
public readonly record struct AgentLinkId(long Value);
