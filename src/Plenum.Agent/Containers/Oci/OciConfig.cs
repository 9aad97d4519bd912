using System.Text.Json;
using Plenum.Agent.Containers.Cgroups;

namespace Plenum.Agent.Containers.Oci;

/// <summary>Writes the config.json of a bundle and the process file of an exec.</summary>
internal sealed record OciConfig
{
    private const string OciVersion = "1.0.2";

    /// <summary>Paths of /proc that show or change the machine instead of the container.</summary>
    private static readonly string[] MaskedPaths =
    [
        "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug",
        "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/firmware",
    ];

    private static readonly string[] ReadOnlyPaths =
        ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    public required OciProcess Process { get; init; }

    public required string RootPath { get; init; }

    public required bool RootReadOnly { get; init; }

    public required string HostName { get; init; }

    public required IReadOnlyList<OciMount> Mounts { get; init; }

    public required string CgroupPath { get; init; }

    /// <summary>Null: limits are set on an outer cgroup.</summary>
    public required CgroupSettings? Limits { get; init; }

    /// <summary>An existing ipc namespace to join; null: one of its own; empty: the machine's.</summary>
    public string? IpcNamespace { get; init; }

    /// <summary>The same for processes.</summary>
    public string? PidNamespace { get; init; }

    public LinuxSettings Linux { get; init; } = LinuxSettings.Default;

    /// <summary>An existing network namespace to join; null: the machine's.</summary>
    public string? NetworkNamespace { get; init; }

    /// <summary>The user namespace to join; null: the machine's.</summary>
    public string? UserNamespace { get; init; }

    /// <summary>More paths to hide: secrets of the machine in directories that are shown whole.</summary>
    public IReadOnlyList<string> HiddenPaths { get; init; } = [];

    /// <summary>Whether some volume asked to see what the machine mounts later: else the root cuts all ties.</summary>
    public bool SeesLaterMounts { get; init; }

    /// <summary>A profile of the operator's, as JSON; null: the agent's own, where there is to be one.</summary>
    public string? Seccomp { get; init; }

    public void Write(string file)
    {
        using var stream = OpenPrivate(file);
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        json.WriteString("ociVersion", OciVersion);
        json.WritePropertyName("process");
        WriteProcess(json, Process);
        json.WriteStartObject("root");
        json.WriteString("path", RootPath);
        json.WriteBoolean("readonly", RootReadOnly);
        json.WriteEndObject();
        json.WriteString("hostname", HostName);
        json.WriteStartArray("mounts");
        foreach (var mount in Mounts)
        {
            json.WriteStartObject();
            json.WriteString("destination", mount.Destination);
            json.WriteString("type", mount.Type);
            json.WriteString("source", mount.Source);
            WriteStrings(json, "options", mount.Options);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        WriteLinux(json);
        json.WriteEndObject();
    }

    /// <summary>The file that `exec --process` takes.</summary>
    public static void WriteProcessFile(string file, OciProcess process)
    {
        using var stream = OpenPrivate(file);
        using var json = new Utf8JsonWriter(stream);
        WriteProcess(json, process);
    }

    /// <summary>The environment is in it, and that may be secret.</summary>
    private static FileStream OpenPrivate(string file) => new(file, new FileStreamOptions
    {
        Mode = FileMode.Create,
        Access = FileAccess.Write,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    });

    private static void WriteProcess(Utf8JsonWriter json, OciProcess process)
    {
        json.WriteStartObject();
        json.WriteBoolean("terminal", process.Terminal is not null);
        if (process.Terminal is { } size)
        {
            json.WriteStartObject("consoleSize");
            json.WriteNumber("height", size.Rows);
            json.WriteNumber("width", size.Columns);
            json.WriteEndObject();
        }
        json.WriteStartObject("user");
        json.WriteNumber("uid", process.User.User);
        json.WriteNumber("gid", process.User.Group);
        json.WriteStartArray("additionalGids");
        foreach (var group in process.User.OtherGroups)
        {
            json.WriteNumberValue(group);
        }
        json.WriteEndArray();
        json.WriteEndObject();
        WriteStrings(json, "args", process.Arguments);
        WriteStrings(json, "env", process.Environment.Select(static v => $"{v.Key}={v.Value}"));
        json.WriteString("cwd", process.WorkingDirectory);
        json.WriteStartObject("capabilities");
        WriteStrings(json, "bounding", process.Capabilities.Bounding);
        WriteStrings(json, "effective", process.Capabilities.Effective);
        WriteStrings(json, "permitted", process.Capabilities.Effective);
        if (process.User.User != 0 && process.Capabilities.Kept.Count > 0)
        {
            // Without these the kernel takes them away when another user than root executes the command.
            WriteStrings(json, "inheritable", process.Capabilities.Kept);
            WriteStrings(json, "ambient", process.Capabilities.Kept);
        }
        json.WriteEndObject();
        json.WriteStartArray("rlimits");
        foreach (var limit in process.ResourceLimits)
        {
            json.WriteStartObject();
            json.WriteString("type", limit.Name);
            json.WriteNumber("soft", limit.Soft);
            json.WriteNumber("hard", limit.Hard);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteBoolean("noNewPrivileges", !process.NewPrivileges);
        if (process.OomScoreAdjustment is { } score)
        {
            json.WriteNumber("oomScoreAdj", score);
        }
        json.WriteEndObject();
    }

    private void WriteLinux(Utf8JsonWriter json)
    {
        json.WriteStartObject("linux");
        json.WriteString("cgroupsPath", CgroupPath);
        if (Linux.Privileged)
        {
            // What it mounts reaches the mount namespaces that it makes inside; a kubelet's volumes rely on it.
            json.WriteString("rootfsPropagation", "rshared");
        }
        else if (SeesLaterMounts)
        {
            json.WriteString("rootfsPropagation", "rslave");
        }
        json.WriteStartArray("namespaces");
        if (UserNamespace is not null)
        {
            WriteNamespace(json, "user", UserNamespace);
        }
        WriteNamespace(json, "mount", null);
        WriteNamespace(json, "uts", null);
        if (PidNamespace is not "")
        {
            WriteNamespace(json, "pid", PidNamespace);
        }
        if (IpcNamespace is not "")
        {
            WriteNamespace(json, "ipc", IpcNamespace);
        }
        if (NetworkNamespace is not null)
        {
            WriteNamespace(json, "network", NetworkNamespace);
        }
        if (Linux.Privileged)
        {
            // The root of its cgroups is its own: what it starts inside finds them where it looks.
            WriteNamespace(json, "cgroup", null);
        }
        json.WriteEndArray();
        WriteResources(json);
        WriteDevices(json);
        if (Seccomp is { } named)
        {
            json.WritePropertyName("seccomp");
            json.WriteRawValue(named);
        }
        else if (!Linux.Privileged && !Linux.SeccompUnconfined && !Process.Capabilities.Effective.Contains("CAP_SYS_ADMIN"))
        {
            // Who may administer the system was given mounts and namespaces on purpose.
            SeccompProfile.Write(json);
        }
        WriteStrings(json, "maskedPaths", Linux.Privileged ? HiddenPaths : MaskedPaths.Concat(HiddenPaths));
        WriteStrings(json, "readonlyPaths", Linux.Privileged ? [] : ReadOnlyPaths);
        if (Linux.KernelSettings.Count > 0)
        {
            json.WriteStartObject("sysctl");
            foreach (var (name, value) in Linux.KernelSettings)
            {
                json.WriteString(name, value);
            }
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private void WriteDevices(Utf8JsonWriter json)
    {
        json.WriteStartArray("devices");
        // In a user namespace they are mounts: nobody makes any there.
        foreach (var device in UserNamespace is null ? Linux.Devices : [])
        {
            json.WriteStartObject();
            json.WriteString("path", device.Path);
            json.WriteString("type", device.Kind);
            json.WriteNumber("major", device.Major);
            json.WriteNumber("minor", device.Minor);
            json.WriteNumber("fileMode", device.Mode);
            json.WriteNumber("uid", 0);
            json.WriteNumber("gid", 0);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    // First nothing, then what is allowed: the last rule that fits counts.
    private void WriteDeviceRules(Utf8JsonWriter json)
    {
        json.WriteStartArray("devices");
        json.WriteStartObject();
        json.WriteBoolean("allow", Linux.Privileged);
        json.WriteString("access", "rwm");
        json.WriteEndObject();
        foreach (var device in Linux.Privileged ? [] : Linux.Devices)
        {
            json.WriteStartObject();
            json.WriteBoolean("allow", true);
            json.WriteString("type", device.Kind);
            json.WriteNumber("major", device.Major);
            json.WriteNumber("minor", device.Minor);
            json.WriteString("access", device.Access);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private void WriteResources(Utf8JsonWriter json)
    {
        json.WriteStartObject("resources");
        WriteDeviceRules(json);
        if (Limits is not null)
        {
            json.WriteStartObject("cpu");
            if (Limits.CpuShares is long shares)
            {
                json.WriteNumber("shares", shares);
            }
            if (Limits.CpuQuotaMicroseconds is long quota)
            {
                json.WriteNumber("quota", quota);
                json.WriteNumber("period", CgroupSettings.PeriodMicroseconds);
            }
            json.WriteEndObject();
            json.WriteStartObject("memory");
            if (Limits.MemoryLimitBytes is long limit)
            {
                json.WriteNumber("limit", limit);
            }
            if (Limits.MemoryReservationBytes is long reservation)
            {
                json.WriteNumber("reservation", reservation);
            }
            if (Linux.MemoryAndSwapBytes is long swap)
            {
                json.WriteNumber("swap", swap);
            }
            json.WriteEndObject();
            json.WriteStartObject("pids");
            json.WriteNumber("limit", Limits.Processes);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void WriteNamespace(Utf8JsonWriter json, string type, string? path)
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        if (path is not null)
        {
            json.WriteString("path", path);
        }
        json.WriteEndObject();
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }
        json.WriteEndArray();
    }
}
