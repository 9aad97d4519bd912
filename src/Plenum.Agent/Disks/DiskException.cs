namespace Plenum.Agent.Disks;

/// <summary>A disk of a pool could not be made, mounted or removed; the message says why and goes to the framework.</summary>
internal sealed class DiskException(string message, Exception? inner = null) : Exception(message, inner);
