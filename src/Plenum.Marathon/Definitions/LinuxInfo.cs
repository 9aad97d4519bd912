namespace Plenum.Marathon.Definitions;

internal enum IpcMode
{
    Private,
    ShareParent,
}

internal sealed record LinuxInfo(Seccomp? Seccomp, IpcInfo? Ipc);

/// <summary>Either a profile by name or unconfined.</summary>
internal sealed record Seccomp(string? ProfileName, bool Unconfined);

internal sealed record IpcInfo(IpcMode Mode, int? ShmSizeMegabytes);
