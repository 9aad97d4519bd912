using System.Net;
using Plenum.Kernel;
using Plenum.Kernel.Allocation;

namespace Plenum.Master.State;

/// <summary>The settings in force, under the names that Mesos gives its flags where it has one.</summary>
internal sealed class MasterFlags(MasterOptions options, KernelOptions kernel, IPEndPoint endpoint)
{
    public IReadOnlyList<KeyValuePair<string, string>> All { get; } =
    [
        new("agent_ping_timeout", Duration(kernel.AgentPingInterval)),
        new("agent_reregister_timeout", Duration(kernel.AgentReregisterTimeout)),
        new("allocation_interval", Duration(kernel.AllocationInterval)),
        new("authenticate_agents", "false"),
        new("authenticate_frameworks", "false"),
        new("authenticate_http_frameworks", "false"),
        new("cluster", options.ClusterName),
        .. options.LogFile is { } log ? (KeyValuePair<string, string>[])[new("external_log_file", log)] : [],
        .. kernel.AgentRemovalInterval is { } pause
            ? (KeyValuePair<string, string>[])[new("agent_removal_rate_limit", $"1/{Duration(pause)}")]
            : [],
        new("filter_gpu_resources", kernel.FilterGpuResources ? "true" : "false"),
        new("framework_sorter", Sorter(kernel.FrameworkSorter)),
        new("hostname", options.Hostname),
        new("http_heartbeat_interval", Duration(options.HeartbeatInterval)),
        new("ip", endpoint.Address.ToString()),
        new("libprocess", options.Libprocess ? "true" : "false"),
        new("max_agent_ping_timeouts", $"{kernel.MaxMissedPings}"),
        new("max_completed_frameworks", $"{kernel.MaxCompletedFrameworks}"),
        new("max_completed_tasks_per_framework", $"{kernel.MaxCompletedTasksPerFramework}"),
        new("max_operator_event_stream_subscribers", $"{options.MaxOperatorStreams}"),
        new("max_request_body_bytes", $"{options.MaxRequestBodyBytes}"),
        new("max_unreachable_tasks_per_framework", $"{kernel.MaxUnreachableTasksPerFramework}"),
        .. kernel.OfferTimeout is { } timeout ? (KeyValuePair<string, string>[])[new("offer_timeout", Duration(timeout))] : [],
        new("port", $"{endpoint.Port}"),
        new("registry_max_agent_age", Duration(kernel.LostAgentRetention)),
        new("registry_max_agent_count", $"{kernel.MaxLostAgents}"),
        new("role_sorter", Sorter(kernel.RoleSorter)),
        .. options.WhitelistFile is { } whitelist ? (KeyValuePair<string, string>[])[new("whitelist", whitelist)] : [],
    ];

    private static string Sorter(SorterKind kind) => kind == SorterKind.Random ? "random" : "drf";

    /// <summary>Mesos' text form: <c>15secs</c>, <c>10mins</c>.</summary>
    private static string Duration(TimeSpan time) => time switch
    {
        { TotalDays: >= 7 } when time.Ticks % TimeSpan.FromDays(7).Ticks == 0 => $"{time.TotalDays / 7}weeks",
        { TotalHours: >= 1 } when time.Ticks % TimeSpan.TicksPerHour == 0 => $"{time.TotalHours}hrs",
        { TotalMinutes: >= 1 } when time.Ticks % TimeSpan.TicksPerMinute == 0 => $"{time.TotalMinutes}mins",
        { TotalSeconds: >= 1 } when time.Ticks % TimeSpan.TicksPerSecond == 0 => $"{time.TotalSeconds}secs",
        _ => $"{time.TotalMilliseconds}ms",
    };
}
