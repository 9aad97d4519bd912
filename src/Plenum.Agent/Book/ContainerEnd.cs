namespace Plenum.Agent.Book;

/// <summary>How a container ended, as far as its runtime can tell.</summary>
/// <param name="Status">Raw wait(2) word; null when nobody saw the end (a reboot, a lost record).</param>
/// <param name="OutOfMemory">The kernel killed a process of the container at its memory limit.</param>
/// <param name="Message">What the runtime wants the user to know, in one sentence.</param>
public sealed record ContainerEnd(
    int? Status,
    bool OutOfMemory = false,
    long? MemoryLimitBytes = null,
    long? MemoryPeakBytes = null,
    string? Message = null);
