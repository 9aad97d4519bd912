namespace Plenum.Kernel.Commands;

/// <summary>One request of an operator that waits for its answer, numbered by the shell.</summary>
public readonly record struct OperatorRequestId(long Value);
