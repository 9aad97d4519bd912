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

    private static readonly string[] CapabilitySets = ["bounding", "effective", "permitted"];

    public required OciProcess Process { get; init; }

    public required string RootPath { get; init; }

    public required bool RootReadOnly { get; init; }

    public required string HostName { get; init; }

    public required IReadOnlyList<OciMount> Mounts { get; init; }

    public required string CgroupPath { get; init; }

    /// <summary>Null: limits are set on an outer cgroup.</summary>
    public required CgroupSettings? Limits { get; init; }

    /// <summary>An existing ipc namespace to join; null: one of its own.</summary>
    public string? IpcNamespace { get; init; }

    /// <summary>An existing network namespace to join; null: the machine's.</summary>
    public string? NetworkNamespace { get; init; }

    /// <summary>More paths to hide: secrets of the machine in directories that are shown whole.</summary>
    public IReadOnlyList<string> HiddenPaths { get; init; } = [];

    /// <summary>Whether some volume asked to see what the machine mounts later: else the root cuts all ties.</summary>
    public bool SeesLaterMounts { get; init; }

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
        foreach (var set in CapabilitySets)
        {
            WriteStrings(json, set, process.Capabilities);
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
        json.WriteBoolean("noNewPrivileges", true);
        json.WriteEndObject();
    }

    private void WriteLinux(Utf8JsonWriter json)
    {
        json.WriteStartObject("linux");
        json.WriteString("cgroupsPath", CgroupPath);
        if (SeesLaterMounts)
        {
            json.WriteString("rootfsPropagation", "rslave");
        }
        json.WriteStartArray("namespaces");
        WriteNamespace(json, "pid", null);
        WriteNamespace(json, "mount", null);
        WriteNamespace(json, "uts", null);
        WriteNamespace(json, "ipc", IpcNamespace);
        if (NetworkNamespace is not null)
        {
            WriteNamespace(json, "network", NetworkNamespace);
        }
        json.WriteEndArray();
        WriteResources(json);
        if (!Process.Capabilities.Contains("CAP_SYS_ADMIN"))
        {
            // Who may administer the system was given mounts and namespaces on purpose.
            SeccompProfile.Write(json);
        }
        WriteStrings(json, "maskedPaths", MaskedPaths.Concat(HiddenPaths));
        WriteStrings(json, "readonlyPaths", ReadOnlyPaths);
        json.WriteEndObject();
    }

    private void WriteResources(Utf8JsonWriter json)
    {
        json.WriteStartObject("resources");
        json.WriteStartArray("devices");
        json.WriteStartObject();
        json.WriteBoolean("allow", false);
        json.WriteString("access", "rwm");
        json.WriteEndObject();
        json.WriteEndArray();
        if (Limits is not null)
        {
            json.WriteStartObject("cpu");
            json.WriteNumber("shares", Limits.CpuShares);
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
