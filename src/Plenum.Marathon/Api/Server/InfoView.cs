using System.Reflection;
using System.Text.Json;
using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Api.Server;

/// <summary>
/// <c>/v2/info</c>. The keys are those that clients look up, with explicit nulls; what this orchestrator does not
/// have, such as ZooKeeper, is null instead of invented.
/// </summary>
internal static class InfoView
{
    /// <summary>The release of Marathon whose API this is. Clients switch features on by it.</summary>
    public const string ApiVersion = "1.11.24";

    private static readonly string Build =
        "plenum-" + (typeof(InfoView).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown");

    public static void Write(Utf8JsonWriter writer, ApiCall call)
    {
        writer.WriteStartObject();
        writer.WriteString("name", "marathon");
        writer.WriteString("version", ApiVersion);
        writer.WriteString("buildref", Build);
        writer.WriteBoolean("elected", value: true);
        writer.WriteString("leader", SystemEndpoints.LeaderOf(call.Marathon.Options, call.Context));
        writer.WriteString("frameworkId", call.Snapshot.FrameworkId);
        writer.WritePropertyName("marathon_config");
        WriteConfiguration(writer, call);
        writer.WriteStartObject("zookeeper_config");
        foreach (var key in new[]
                 {
                     "zk", "zk_compression", "zk_compression_threshold", "zk_connection_timeout", "zk_max_node_size",
                 })
        {
            writer.WriteNull(key);
        }

        writer.WriteNumber("zk_max_versions", call.Marathon.Options.MaxVersions);
        writer.WriteNull("zk_session_timeout");
        writer.WriteNull("zk_timeout");
        writer.WriteEndObject();
        writer.WriteStartObject("http_config");
        writer.WriteNumber("http_port", call.Context.Connection.LocalPort);
        writer.WriteNull("https_port");
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    public static void WriteConfiguration(Utf8JsonWriter writer, ApiCall call)
    {
        var options = call.Marathon.Options;
        writer.WriteStartObject();
        writer.WriteNull("access_control_allow_origin");
        writer.WriteBoolean("checkpoint", value: true);
        writer.WriteNumber("decline_offer_duration", Milliseconds(options.DeclineDuration));
        writer.WriteString("default_network_name", call.Options.Definitions.DefaultNetworkName);
        writer.WriteString("env_vars_prefix", options.EnvVarsPrefix);
        writer.WriteString("executor", "//cmd");
        writer.WriteNumber("failover_timeout", (long)options.FailoverTimeout.TotalSeconds);
        WriteFeatures(writer, call.Options.Definitions);
        writer.WriteString("framework_name", options.FrameworkName);
        writer.WriteBoolean("ha", value: false);
        writer.WriteString("hostname", SystemEndpoints.LeaderOf(options, call.Context).Split(':')[0]);
        writer.WriteNull("launch_token");
        writer.WriteNull("launch_token_refresh_interval");
        writer.WriteNull("leader_proxy_connection_timeout_ms");
        writer.WriteNull("leader_proxy_read_timeout_ms");
        writer.WriteNumber("local_port_max", options.ServicePortMax);
        writer.WriteNumber("local_port_min", options.ServicePortMin);
        writer.WriteString("master", options.MasterUri);
        writer.WriteNumber("max_instances_per_offer", options.MaxInstancesPerOffer);
        writer.WriteString("mesos_bridge_name", options.MesosBridgeName);
        writer.WriteNull("mesos_heartbeat_failure_threshold");
        writer.WriteNull("mesos_heartbeat_interval");
        writer.WriteString("mesos_leader_ui_url", options.MasterUri);
        writer.WriteString("mesos_role", options.DefaultRole);
        writer.WriteString("mesos_user", options.User);
        writer.WriteString("new_group_enforce_role", "off");
        writer.WriteNumber("min_revive_offers_interval", Milliseconds(options.MinReviveInterval));
        writer.WriteNull("offer_matching_timeout");
        writer.WriteNull("on_elected_prepare_timeout");
        writer.WriteNumber("reconciliation_initial_delay", Milliseconds(options.ReconciliationInitialDelay));
        writer.WriteNumber("reconciliation_interval", Milliseconds(options.ReconciliationInterval));
        writer.WriteNumber("scale_apps_initial_delay", Milliseconds(options.ScaleAppsInitialDelay));
        writer.WriteNumber("scale_apps_interval", Milliseconds(options.ScaleAppsInterval));
        writer.WriteBoolean("store_cache", value: true);
        writer.WriteNumber("task_launch_confirm_timeout", Milliseconds(options.TaskLaunchConfirmTimeout));
        writer.WriteNumber("task_launch_timeout", Milliseconds(options.TaskLaunchTimeout));
        writer.WriteNull("task_lost_expunge_initial_delay");
        writer.WriteNull("task_lost_expunge_interval");
        writer.WriteNumber("task_reservation_timeout", Milliseconds(options.TaskReservationTimeout));
        writer.WriteString("webui_url", options.WebUiUri);
        writer.WriteBoolean("maintenance_mode", value: true);
        writer.WriteEndObject();
    }

    private static void WriteFeatures(Utf8JsonWriter writer, DefinitionOptions options)
    {
        writer.WriteStartArray("features");
        foreach (var (feature, name) in new[]
                 {
                     (MarathonFeatures.Secrets, "secrets"),
                     (MarathonFeatures.ExternalVolumes, "external_volumes"),
                     (MarathonFeatures.GpuResources, "gpu_resources"),
                 })
        {
            if (options.Features.HasFlag(feature))
            {
                writer.WriteStringValue(name);
            }
        }

        writer.WriteStringValue("task_killing");
        writer.WriteEndArray();
    }

    private static long Milliseconds(TimeSpan span) => (long)span.TotalMilliseconds;
}
