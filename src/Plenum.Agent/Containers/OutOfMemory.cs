namespace Plenum.Agent.Containers;

/// <summary>The numbers of an out-of-memory kill.</summary>
/// <param name="LimitBytes">The hard limit, when there was one.</param>
/// <param name="PeakBytes">The most that was ever in use, where the kernel tells.</param>
/// <param name="Kills">Processes that the kernel killed.</param>
internal sealed record OutOfMemory(long? LimitBytes, long? PeakBytes, long Kills);
