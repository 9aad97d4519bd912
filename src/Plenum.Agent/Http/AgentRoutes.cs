using Microsoft.AspNetCore.Http;
using Plenum.Agent.Executors;
using Plenum.Agent.Files;
using Plenum.Agent.Operator;
using Plenum.Agent.Providers;
using Plenum.Agent.V0;
using Plenum.Http.Access;
using Plenum.Http.Diagnostics;
using Plenum.Http.Files;

namespace Plenum.Agent.Http;

/// <summary>Every path of the agent's API with the rule that guards it.</summary>
internal static class AgentRoutes
{
    private const string Get = "GET";
    private const string Post = "POST";

    /// <summary>
    /// The parts behind the other paths do not exist yet; their paths already answer 503.
    /// </summary>
    public static IEnumerable<AgentRoute> BeforeRecovery() =>
        All(identity: null!, state: null!, files: null!, logs: null!, executors: null!, providers: null!, calls: null!, diagnostics: null!, drivers: [])
            .Select(static route => route.Path == "/version" ? route with { Recovered = true } : route);

    public static IEnumerable<AgentRoute> All(
        AgentIdentity identity,
        StateEndpoints state,
        FilesEndpoint files,
        LogsEndpoint logs,
        ExecutorEndpoint executors,
        ProviderEndpoint providers,
        OperatorEndpoint calls,
        DiagnosticEndpoints diagnostics,
        AgentRoute[] drivers) => WithHelp(
    [
        .. drivers,
        new("/health", Get, Rules.Anyone, Recovered: false, StateEndpoints.HealthAsync),
        new("/version", Get, Rules.Anyone, Recovered: false, context => StateEndpoints.VersionAsync(context, identity)) { JsonAlias = true },
        Json("/flags", Rules.ViewFlags, context => state.FlagsAsync(context)),
        Json("/metrics/snapshot", Rules.ViewMetrics, context => state.MetricsAsync(context)),
        Json("/state", Rules.ViewState, context => state.StateAsync(context)),
        Json("/containers", Rules.ViewContainers, context => state.ContainersAsync(context)),
        Json("/containerizer/debug", Rules.ViewContainers, context => state.PendingAsync(context)),
        Json("/monitor/statistics", Rules.ViewContainers, context => state.StatisticsAsync(context)),
        Json("/files/browse", Rules.ByPath, context => files.BrowseAsync(context)),
        Json("/files/read", Rules.ByPath, context => files.ReadAsync(context)),
        Json("/files/download", Rules.ByPath, context => files.DownloadAsync(context)),
        Json("/files/debug", Rules.ByPath, context => files.DebugAsync(context)),
        Route("/logs/v2/task/**", Get, Rules.ReadSandboxes, context => logs.HandleAsync(context)),
        Route("/api/v1/executor", Post, Rules.RunAsExecutor, context => executors.HandleAsync(context)),
        Route("/api/v1/resource_provider", Post, Rules.RegisterResourceProvider, context => providers.HandleAsync(context)),
        Route("/api/v1", Post, Rules.ByCall, context => calls.HandleAsync(context)),
        Route("/logging/toggle", Get, Rules.SetLogLevel, context => diagnostics.ToggleAsync(context)),
        Route("/system/stats.json", Get, Rules.ViewMetrics, DiagnosticEndpoints.StatisticsAsync),
        Route("/profiler/*", Get, Rules.Profile, DiagnosticEndpoints.ProfilerAsync),
        Route("/memory-profiler/*", Get, Rules.Profile, DiagnosticEndpoints.ProfilerAsync),
        Route("/memory-profiler/download/*", Get, Rules.Profile, DiagnosticEndpoints.ProfilerAsync),
    ]);

    private static IEnumerable<AgentRoute> WithHelp(AgentRoute[] routes) =>
    [
        .. routes,
        Route("/help", Get, Rules.Anyone, context => DiagnosticEndpoints.HelpAsync(
            context, "slave(1)", routes.Select(static route => new RouteDescription(route.Path, route.Method, route.Rule.Action)))),
    ];

    private static AgentRoute Route(string path, string method, AccessRule rule, RequestDelegate handler) =>
        new(path, method, rule, Recovered: true, handler);

    private static AgentRoute Json(string path, AccessRule rule, RequestDelegate handler) =>
        Route(path, Get, rule, handler) with { JsonAlias = true };
}
