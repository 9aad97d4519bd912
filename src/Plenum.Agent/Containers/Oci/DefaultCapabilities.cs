namespace Plenum.Agent.Containers.Oci;

/// <summary>Which capabilities a container has.</summary>
internal static class DefaultCapabilities
{
    /// <summary>
    /// What ordinary programs that start as root and step down need: owning and reading files of several
    /// users, changing user, ports below 1024, chroot, signals to own children of another user. Left out of
    /// Docker's list: MKNOD and NET_RAW (the container shares the machine's network), SETPCAP, SETFCAP,
    /// AUDIT_WRITE. A task that needs more names it in its linux_info.
    /// </summary>
    public static readonly IReadOnlyList<string> Names =
    [
        "CAP_CHOWN",
        "CAP_DAC_OVERRIDE",
        "CAP_FOWNER",
        "CAP_FSETID",
        "CAP_KILL",
        "CAP_NET_BIND_SERVICE",
        "CAP_SETGID",
        "CAP_SETUID",
        "CAP_SYS_CHROOT",
    ];

    /// <summary>The kernel's numbering, to see which of them this machine can give at all.</summary>
    private static readonly string[] KernelOrder =
    [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
        "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
        "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
        "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
        "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
        "CHECKPOINT_RESTORE",
    ];

    /// <summary>
    /// The set for a container. Of the default set, what the agent itself lacks is left out silently; what a
    /// task names and the machine cannot give is an error.
    /// </summary>
    public static IReadOnlyList<string> Choose(IReadOnlyList<string>? wanted)
    {
        var available = Available();
        if (wanted is null)
        {
            return [.. Names.Where(available.Contains)];
        }
        foreach (var name in wanted)
        {
            if (!available.Contains(name))
            {
                throw new ContainerLaunchException(
                    $"the capability {name} cannot be given on this machine", ContainerLaunchFailure.InvalidSpec);
            }
        }
        return wanted;
    }

    /// <summary>All that this machine can give.</summary>
    public static IReadOnlyList<string> OfMachine() => [.. Available()];

    /// <summary>Every one that there is, whether this machine can give it or not.</summary>
    public static IEnumerable<string> Known => KernelOrder.Select(static name => "CAP_" + name);

    private static HashSet<string> Available()
    {
        var line = File.ReadLines("/proc/self/status").First(static l => l.StartsWith("CapPrm:", StringComparison.Ordinal));
        var bits = Convert.ToUInt64(line[7..].Trim(), 16);
        return [.. KernelOrder.Where((_, index) => (bits >> index & 1) != 0).Select(static name => "CAP_" + name)];
    }
}
