namespace Plenum.Kernel.Preemption;

/// <summary>How much a role and those below it matter; 0 is what everybody has who was given none.</summary>
public sealed record RolePriority(string Role, int Priority);
