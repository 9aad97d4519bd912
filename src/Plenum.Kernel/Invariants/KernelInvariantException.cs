namespace Plenum.Kernel.Invariants;

/// <summary>
/// The cluster book contradicts itself. The master stops: going on could book a resource twice or forget a
/// task, and a restart rebuilds the book from the registry and the agents.
/// </summary>
public sealed class KernelInvariantException(string message) : Exception(message);
