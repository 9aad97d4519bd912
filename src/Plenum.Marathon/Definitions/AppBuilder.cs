using Plenum.Marathon.Definitions.Validation;

namespace Plenum.Marathon.Definitions;

/// <summary>Makes a canonical definition out of what a request says and, for a partial update, what was there before.</summary>
internal static class AppBuilder
{
    private static readonly PortDefinition DefaultPort = new(0) { Name = "default" };
    private static readonly PortMapping DefaultMapping = new(0) { Name = "default" };

    /// <param name="update">The request.</param>
    /// <param name="id">The app's path.</param>
    /// <param name="existing">null for a new app and for a full replacement: what is not said is the default then.</param>
    /// <param name="options">Defaults of this cluster.</param>
    /// <param name="defaultRole">The role of an app that names none; depends on the group the app is in.</param>
    /// <param name="report">Where contradictions that the canonical form could not show are noted.</param>
    public static AppDefinition Build(
        AppUpdate update,
        PathId id,
        AppDefinition? existing,
        DefinitionOptions options,
        string defaultRole,
        Report report)
    {
        var start = existing ?? new AppDefinition { Id = id, Role = defaultRole };
        var app = start with
        {
            Id = id,
            Cmd = update.Cmd ?? start.Cmd,
            Args = update.Args ?? start.Args,
            User = update.User ?? start.User,
            Env = update.Env ?? start.Env,
            Instances = InstancesOf(update, start, report),
            IsDaemon = IsDaemon(update, start),
            Cpus = update.Cpus ?? start.Cpus,
            Mem = update.Mem ?? start.Mem,
            Disk = update.Disk ?? start.Disk,
            Gpus = update.Gpus ?? start.Gpus,
            ResourceLimits = update.ResourceLimits ?? start.ResourceLimits,
            Executor = update.Executor ?? start.Executor,
            ExecutorResources = update.ExecutorResources ?? start.ExecutorResources,
            Constraints = update.Constraints ?? start.Constraints,
            Placement = update.Placement is { IsEmpty: true } ? null : update.Placement ?? start.Placement,
            Fetch = update.Fetch ?? start.Fetch,
            HealthChecks = update.HealthChecks ?? start.HealthChecks,
            Check = update.Check ?? start.Check,
            ReadinessChecks = update.ReadinessChecks ?? start.ReadinessChecks,
            BackoffSeconds = update.BackoffSeconds ?? start.BackoffSeconds,
            BackoffFactor = update.BackoffFactor ?? start.BackoffFactor,
            MaxLaunchDelaySeconds = update.MaxLaunchDelaySeconds ?? start.MaxLaunchDelaySeconds,
            TaskKillGracePeriodSeconds = update.TaskKillGracePeriodSeconds ?? start.TaskKillGracePeriodSeconds,
            KillSelection = update.KillSelection ?? start.KillSelection,
            Residency = update.Residency ?? start.Residency,
            Dependencies = update.Dependencies ?? start.Dependencies,
            Labels = update.Labels ?? start.Labels,
            AcceptedResourceRoles = update.AcceptedResourceRoles ?? start.AcceptedResourceRoles,
            Role = update.Role ?? start.Role,
            Secrets = update.Secrets ?? start.Secrets,
            Tty = update.Tty ?? start.Tty,
        };
        app = WithNetworks(app, update, existing, options, report);
        return WithStrategies(app, update, existing);
    }

    private static bool IsDaemon(AppUpdate update, AppDefinition start) =>
        update.Mode is { } mode ? mode == ServiceMode.Daemon : start.IsDaemon;

    /// <summary>
    /// A document that says <c>daemon</c> may carry the count it was shown with: it says nothing. Without that word the
    /// count is meant to change something.
    /// </summary>
    private static int InstancesOf(AppUpdate update, AppDefinition start, Report report)
    {
        if (!IsDaemon(update, start))
        {
            // What stops to follow the agents starts from how many it has.
            return update.Instances ?? start.Instances;
        }

        if (start.IsDaemon && update.Mode is null && update.Instances is { } count && count != start.Instances)
        {
            report["instances"].Add("cannot be set: an app of mode daemon has one on every agent that its constraints choose");
        }

        return start.IsDaemon ? start.Instances : 0;
    }

    private static AppDefinition WithNetworks(
        AppDefinition app,
        AppUpdate update,
        AppDefinition? existing,
        DefinitionOptions options,
        Report report)
    {
        var networks = (update.Networks ?? existing?.Networks) is { IsEmpty: false } given ? given : [Network.Host];
        networks = networks.Select(network => network is { Mode: NetworkMode.Container, Name: null }
            ? network with { Name = options.DefaultNetworkName }
            : network);
        app = app with { Networks = networks, Container = update.Container ?? existing?.Container };
        return app.IsHostMode
            ? WithHostPorts(app, update, existing, report)
            : WithMappedPorts(app, update, report);
    }

    private static AppDefinition WithHostPorts(
        AppDefinition app,
        AppUpdate update,
        AppDefinition? existing,
        Report report)
    {
        if (update.Container?.PortMappings is { IsEmpty: false })
        {
            report["container"]["portMappings"].Add(
                "must be empty in host mode: use portDefinitions, or a network of mode container or container/bridge");
        }

        return app with
        {
            // Mappings of a stored app that moves to the host's network go with that network.
            Container = app.Container is null ? null : app.Container with { PortMappings = null },
            PortDefinitions = update.PortDefinitions
                ?? (existing is { IsHostMode: true } ? existing.PortDefinitions : [DefaultPort]),
            RequirePorts = update.RequirePorts ?? existing?.RequirePorts ?? false,
        };
    }

    private static AppDefinition WithMappedPorts(AppDefinition app, AppUpdate update, Report report)
    {
        if (update.PortDefinitions is { IsEmpty: false })
        {
            report["portDefinitions"].Add(
                "must be empty with a network of mode container or container/bridge: use container.portMappings");
        }

        var mappings = app.Container?.PortMappings ?? [DefaultMapping];
        if (app.IsBridgeMode)
        {
            mappings = mappings.Select(mapping => mapping with { HostPort = mapping.HostPort ?? 0 });
        }

        return app with
        {
            Container = app.Container is null ? null : app.Container with { PortMappings = mappings },
            PortDefinitions = [],
            RequirePorts = false,
        };
    }

    private static AppDefinition WithStrategies(AppDefinition app, AppUpdate update, AppDefinition? existing)
    {
        var upgradeDefault = app switch
        {
            { IsSingleInstance: true } => UpgradeStrategy.SingleInstance,
            { IsDaemon: true } => UpgradeStrategy.Daemon,
            { IsResident: true } or { HasExternalVolumes: true } => UpgradeStrategy.Resident,
            _ => UpgradeStrategy.Default,
        };
        return app with
        {
            UpgradeStrategy = update.UpgradeStrategy ?? existing?.UpgradeStrategy ?? upgradeDefault,
            UnreachableStrategy = update.UnreachableStrategy
                ?? existing?.UnreachableStrategy
                ?? (app.IsResident ? UnreachableStrategy.Disabled : UnreachableStrategy.Default),
            Residency = app.IsResident ? app.Residency ?? new Residency() : null,
        };
    }
}
