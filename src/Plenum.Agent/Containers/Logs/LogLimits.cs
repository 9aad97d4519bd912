namespace Plenum.Agent.Containers.Logs;

/// <summary>How much of a log stays.</summary>
/// <param name="FileBytes">The size at which the front of the file is set aside.</param>
/// <param name="Kept">Pieces kept beside it, the oldest going first.</param>
/// <param name="HeadBytes">How much of the beginning stays for good: why a task came up wrong is said there.</param>
/// <param name="Age">A front older than this is set aside whatever its size; null for never.</param>
internal sealed record LogLimits(long FileBytes, int Kept, long HeadBytes = 0, TimeSpan? Age = null);
