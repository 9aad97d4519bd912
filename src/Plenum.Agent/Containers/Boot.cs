namespace Plenum.Agent.Containers;

/// <summary>Which start of the machine this is: pids and mounts of an earlier one mean nothing.</summary>
internal static class Boot
{
    public static string Id { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
}
