using Plenum.Http.Diagnostics;
using Plenum.Protocol.V1;

namespace Plenum.Agent;

/// <summary>What this agent says of itself everywhere: version, flags, its own description.</summary>
internal sealed class AgentIdentity(AgentOptions options, AgentEndpoint endpoint, AgentInfo info, string isolation, DateTimeOffset started)
{
    public AgentOptions Options { get; } = options;

    public AgentEndpoint Endpoint { get; } = endpoint;

    /// <summary>Without its id, which the book knows.</summary>
    public AgentInfo Info { get; } = info;

    public DateTimeOffset Started { get; } = started;

    public VersionInfo Version { get; } = ProgramVersion.Of(typeof(AgentIdentity).Assembly);

    /// <summary>The settings in force, under Mesos' names where it has one.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Flags { get; } =
    [
        new("attributes", options.Attributes ?? ""),
        new("authenticate_http_executors", "false"),
        new("authenticate_http_readonly", "false"),
        new("authenticate_http_readwrite", "false"),
        new("check_agent_port_range_only", options.Limits.CheckOfferedPortsOnly ? "true" : "false"),
        new("container_disk_watch_interval", Launching.TaskEnvironment.Text(options.Limits.DiskWatchInterval)),
        new("container_ports_watch_interval", Launching.TaskEnvironment.Text(options.Limits.PortsWatchInterval)),
        new("enforce_container_disk_quota", options.Limits.EnforceDiskQuota ? "true" : "false"),
        new("enforce_container_ports", options.Limits.EnforcePorts ? "true" : "false"),
        .. options.Limits.ExclusiveProcessors ? (KeyValuePair<string, string>[])[new("exclusive_cpus", "true")] : [],
        new("executor_registration_timeout", Launching.TaskEnvironment.Text(options.Executors.RegistrationTimeout)),
        new("executor_reregistration_timeout", Launching.TaskEnvironment.Text(options.Executors.ReregistrationTimeout)),
        new("executor_shutdown_grace_period", Launching.TaskEnvironment.Text(options.Executors.ShutdownGrace)),
        .. options.LogFile is { } log ? (KeyValuePair<string, string>[])[new("external_log_file", log)] : [],
        new("gc_delay", Launching.TaskEnvironment.Text(options.SandboxRetention)),
        new("host_programs", options.HostPrograms == AgentHostPrograms.Shared ? "shared" : "read-only"),
        new("hostname", options.Hostname),
        new("ip", endpoint.Ip),
        new("isolation", isolation),
        new("master", options.Master.ToString()),
        .. options.GraphicsDevices is { Count: > 0 } cards ? (KeyValuePair<string, string>[])[new("nvidia_gpu_devices", string.Join(',', cards))] : [],
        new("port", $"{endpoint.Port}"),
        new("recover", "reconnect"),
        new("registration_backoff_factor", Launching.TaskEnvironment.Text(options.RegistrationBackoff)),
        .. options.Limits.LoadPolicy.IsOff ? [] : (KeyValuePair<string, string>[])[new("qos_controller", "load")],
        .. options.Limits.RevocableResources is { } lent ? (KeyValuePair<string, string>[])[new("revocable_resources", lent)] : [],
        new("resources", options.Resources ?? ""),
        .. options.SeccompConfigurationDirectory is { } profiles
            ? (KeyValuePair<string, string>[])[new("seccomp_config_dir", profiles)]
            : [],
        new("strict", "false"),
        new("switch_user", "true"),
        .. options.UserNamespaces is { } users ? (KeyValuePair<string, string>[])[new("user_namespaces", users)] : [],
        new("work_dir", options.WorkDirectory),
    ];

    public AgentInfo InfoOf(Book.AgentSnapshot snapshot)
    {
        var complete = Info.Clone();
        complete.Id = snapshot.Agent?.ToWire();
        return complete;
    }
}
