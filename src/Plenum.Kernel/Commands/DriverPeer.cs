namespace Plenum.Kernel.Commands;

/// <summary>An old driver that subscribes.</summary>
/// <param name="Pid">Its libprocess address, <c>scheduler-UUID@ip:port</c>; a new process has a new one.</param>
/// <param name="Force">
/// It comes back in a new process and takes the framework over. Without it only the process that had the
/// framework last may have it back: one that was cut off for a while must not push out its successor.
/// </param>
public sealed record DriverPeer(string Pid, bool Force);
