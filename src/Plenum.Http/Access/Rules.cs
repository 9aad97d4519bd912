using System.Reflection;

namespace Plenum.Http.Access;

/// <summary>
/// Every rule there is. A route names one of these, and each type of a call of the operator APIs does; a test
/// of each role walks all of them.
/// </summary>
public static class Rules
{
    /// <summary>For what monitors ask before they have a password.</summary>
    public static readonly AccessRule Anyone = new("anyone");

    /// <summary>The route is a door to many calls; the rule is that of the call.</summary>
    public static readonly AccessRule ByCall = new("by_call");

    /// <summary>The route or call is a door to many files; the rule is that of the path.</summary>
    public static readonly AccessRule ByPath = new("by_path");

    public static readonly AccessRule RegisterFramework = new("register_frameworks", AccessObject.Role);
    public static readonly AccessRule TeardownFramework = new("teardown_frameworks", AccessObject.FrameworkPrincipal);
    public static readonly AccessRule RegisterAgent = new("register_agents");
    public static readonly AccessRule RunAsExecutor = new("run_as_executor", AccessObject.User);

    /// <summary>Frameworks, tasks, executors and what belongs to them. Answers are to be cut to what the caller may see.</summary>
    public static readonly AccessRule ViewState = new("view_frameworks", AccessObject.User);

    public static readonly AccessRule ViewRoles = new("view_roles", AccessObject.Role);
    public static readonly AccessRule ViewFlags = new("view_flags");
    public static readonly AccessRule ViewMetrics = new("get_endpoints", AccessObject.Endpoint);
    public static readonly AccessRule ViewRegistry = new("view_registry");
    public static readonly AccessRule ViewContainers = new("view_containers", AccessObject.User);
    public static readonly AccessRule ViewResourceProviders = new("view_resource_providers");

    public static readonly AccessRule ViewQuota = new("get_quotas", AccessObject.Role);
    public static readonly AccessRule ChangeQuota = new("update_quotas", AccessObject.Role);
    public static readonly AccessRule ChangeWeights = new("update_weights", AccessObject.Role);

    /// <summary>Plenum's own: whose tasks may end for whom.</summary>
    public static readonly AccessRule ChangePriorities = new("update_priorities", AccessObject.Role);

    public static readonly AccessRule Reserve = new("reserve_resources", AccessObject.Role);
    public static readonly AccessRule Unreserve = new("unreserve_resources", AccessObject.CreatorPrincipal);
    public static readonly AccessRule CreateVolume = new("create_volumes", AccessObject.Role);
    public static readonly AccessRule DestroyVolume = new("destroy_volumes", AccessObject.CreatorPrincipal);
    public static readonly AccessRule ResizeVolume = new("resize_volumes", AccessObject.Role);

    public static readonly AccessRule ViewMaintenanceSchedule = new("get_maintenance_schedules", AccessObject.Machine);
    public static readonly AccessRule ViewMaintenanceStatus = new("get_maintenance_statuses", AccessObject.Machine);
    public static readonly AccessRule ChangeMaintenanceSchedule = new("update_maintenance_schedules", AccessObject.Machine);
    public static readonly AccessRule StartMaintenance = new("start_maintenances", AccessObject.Machine);
    public static readonly AccessRule StopMaintenance = new("stop_maintenances", AccessObject.Machine);
    public static readonly AccessRule DrainAgent = new("drain_agents");
    public static readonly AccessRule DeactivateAgent = new("deactivate_agents");
    public static readonly AccessRule ReactivateAgent = new("reactivate_agents");
    public static readonly AccessRule MarkAgentGone = new("mark_agents_gone");

    public static readonly AccessRule ReadSandboxes = new("access_sandboxes", AccessObject.User);
    public static readonly AccessRule ReadLogs = new("access_mesos_logs");
    public static readonly AccessRule SetLogLevel = new("set_log_level", AccessObject.LogLevel);
    public static readonly AccessRule Profile = new("get_endpoints", AccessObject.Endpoint);

    public static readonly AccessRule LaunchContainer = new("launch_nested_containers", AccessObject.User);
    public static readonly AccessRule WaitContainer = new("wait_nested_containers", AccessObject.User);
    public static readonly AccessRule KillContainer = new("kill_nested_containers", AccessObject.User);
    public static readonly AccessRule RemoveContainer = new("remove_nested_containers", AccessObject.User);
    public static readonly AccessRule LaunchSession = new("launch_nested_container_sessions", AccessObject.User);
    public static readonly AccessRule AttachInput = new("attach_containers_input", AccessObject.User);
    public static readonly AccessRule AttachOutput = new("attach_containers_output", AccessObject.User);
    public static readonly AccessRule PruneImages = new("prune_images");
    public static readonly AccessRule RegisterResourceProvider = new("register_resource_providers");
    public static readonly AccessRule ChangeResourceProviders = new("modify_resource_provider_configs");
    public static readonly AccessRule MarkResourceProviderGone = new("mark_resource_providers_gone");

    /// <summary>All of the above.</summary>
    public static IReadOnlyCollection<AccessRule> All { get; } =
    [
        .. typeof(Rules).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(static field => field.GetValue(null)).OfType<AccessRule>().Distinct(),
    ];
}
