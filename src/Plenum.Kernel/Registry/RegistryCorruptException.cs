namespace Plenum.Kernel.Registry;

/// <summary>An entry of the registry cannot be read. The master must not start without it: it could forget agents and frameworks.</summary>
public sealed class RegistryCorruptException(string message, Exception inner) : Exception(message, inner);
