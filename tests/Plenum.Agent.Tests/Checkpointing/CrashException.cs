namespace Plenum.Agent.Tests.Checkpointing;

/// <summary>Here the agent's process ended; nothing of it may act after this was thrown.</summary>
internal sealed class CrashException : Exception;
