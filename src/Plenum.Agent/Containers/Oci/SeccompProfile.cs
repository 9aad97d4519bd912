using System.Text.Json;

namespace Plenum.Agent.Containers.Oci;

/// <summary>
/// The system calls that no container may make. It refuses instead of listing what is allowed: the dropped
/// capabilities already stop most of these, a list of some 350 allowed calls would age with every kernel, and
/// a long filter costs several milliseconds of each launch. What is here reaches parts of the kernel that have
/// no place in a task: loading code, mounts by any name, the clock, the keyring (which namespaces do
/// not separate), tracing the machine.
/// </summary>
internal static class SeccompProfile
{
    private const long CloneNewUser = 0x10000000;

    private static readonly string[] Refused =
    [
        "acct", "add_key", "adjtimex", "bpf", "clock_adjtime", "clock_settime", "create_module", "delete_module",
        "finit_module", "fsconfig", "fsmount", "fsopen", "fspick", "get_kernel_syms", "init_module", "ioperm", "iopl",
        "kcmp", "kexec_file_load", "kexec_load", "keyctl", "lookup_dcookie", "mount", "mount_setattr", "move_mount",
        "nfsservctl", "open_by_handle_at", "open_tree", "perf_event_open", "pivot_root", "query_module", "quotactl",
        "quotactl_fd", "reboot", "request_key", "setns", "settimeofday", "stime", "swapoff", "swapon", "sysfs",
        "_sysctl", "umount", "umount2", "unshare", "uselib", "userfaultfd", "ustat", "vm86", "vm86old",
    ];

    public static void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("seccomp");
        json.WriteString("defaultAction", "SCMP_ACT_ALLOW");
        json.WriteStartArray("syscalls");
        json.WriteStartObject();
        json.WriteStartArray("names");
        foreach (var name in Refused)
        {
            json.WriteStringValue(name);
        }
        json.WriteEndArray();
        json.WriteString("action", "SCMP_ACT_ERRNO");
        json.WriteNumber("errnoRet", Native.LibC.ErrorPermission);
        json.WriteEndObject();
        WriteNewUserNamespaceRules(json);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>
    /// A new user namespace would hand every capability back inside it. clone3 hides its flags behind a
    /// pointer that a filter cannot follow: "no such call" makes the C library fall back to clone.
    /// </summary>
    private static void WriteNewUserNamespaceRules(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartArray("names");
        json.WriteStringValue("clone");
        json.WriteEndArray();
        json.WriteString("action", "SCMP_ACT_ERRNO");
        json.WriteNumber("errnoRet", Native.LibC.ErrorPermission);
        json.WriteStartArray("args");
        json.WriteStartObject();
        json.WriteNumber("index", 0);
        json.WriteNumber("value", CloneNewUser);
        json.WriteNumber("valueTwo", CloneNewUser);
        json.WriteString("op", "SCMP_CMP_MASKED_EQ");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();

        json.WriteStartObject();
        json.WriteStartArray("names");
        json.WriteStringValue("clone3");
        json.WriteEndArray();
        json.WriteString("action", "SCMP_ACT_ERRNO");
        json.WriteNumber("errnoRet", Native.LibC.ErrorNoSuchCall);
        json.WriteEndObject();
    }
}
