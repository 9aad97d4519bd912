using Microsoft.AspNetCore.Http;
using Plenum.Http.Access;
using Plenum.Http.Diagnostics;
using Plenum.Http.Files;
using Plenum.Master.AgentLink;
using Plenum.Master.Operator;
using Plenum.Master.Scheduler;
using Plenum.Master.State;

namespace Plenum.Master.Routing;

/// <summary>
/// Every path of the master with the rule that guards it. A path that is not in this table does not exist.
/// </summary>
internal static class MasterRoutes
{
    private const string Get = "GET";
    private const string Post = "POST";
    private const string Put = "PUT";
    private const string Delete = "DELETE";

    /// <summary>What also a master answers that does not lead.</summary>
    public static IEnumerable<MasterRoute> Always() =>
    [
        new("/health", Get, Rules.Anyone, MasterPhase.Recovering, StateEndpoints.HealthAsync),
        new("/version", Get, Rules.Anyone, MasterPhase.Recovering, StateEndpoints.VersionAsync) { JsonAlias = true },
    ];

    public static IEnumerable<MasterRoute> Leading(
        SchedulerEndpoint scheduler,
        OperatorEndpoint operators,
        AgentLinkEndpoint agents,
        StateEndpoints state,
        V0Changes changes,
        ExplanationEndpoint explanations,
        PriorityEndpoint priorities,
        V0Operations operations,
        FilesEndpoint files,
        DiagnosticEndpoints diagnostics,
        IEnumerable<MasterRoute> drivers) =>
    [
        .. Always(),
        .. drivers,
        Route("/api/v1/scheduler", Post, Rules.RegisterFramework, scheduler.HandleAsync),
        Route("/api/v1", Post, Rules.ByCall, operators.HandleAsync),
        Route("/api/plenum/v1/agent/link", Post, Rules.RegisterAgent, agents.OpenAsync),
        Route("/api/plenum/v1/agent/messages", Post, Rules.RegisterAgent, agents.ReceiveAsync),
        Json("/state", Rules.ViewState, state.StateAsync),
        Json("/state-summary", Rules.ViewState, state.SummaryAsync),
        Json("/slaves", Rules.ViewState, state.SlavesAsync),
        Json("/frameworks", Rules.ViewState, state.FrameworksAsync),
        Json("/tasks", Rules.ViewState, state.TasksAsync),
        Json("/roles", Rules.ViewRoles, state.RolesAsync),
        Json("/flags", Rules.ViewFlags, state.FlagsAsync),
        Json("/metrics/snapshot", Rules.ViewMetrics, state.MetricsAsync),
        Route("/redirect", Get, Rules.Anyone, state.RedirectAsync),
        Route("/teardown", Post, Rules.TeardownFramework, state.TeardownAsync),
        Route("/reserve", Post, Rules.Reserve, operations.ReserveAsync),
        Route("/unreserve", Post, Rules.Unreserve, operations.UnreserveAsync),
        Route("/create-volumes", Post, Rules.CreateVolume, operations.CreateAsync),
        Route("/destroy-volumes", Post, Rules.DestroyVolume, operations.DestroyAsync),
        Route("/maintenance/schedule", Get, Rules.ViewMaintenanceSchedule, state.ScheduleAsync),
        Route("/maintenance/schedule", Post, Rules.ChangeMaintenanceSchedule, changes.ScheduleAsync),
        Route("/maintenance/status", Get, Rules.ViewMaintenanceStatus, state.MaintenanceAsync),
        Route("/machine/down", Post, Rules.StartMaintenance, changes.MachineDownAsync),
        Route("/machine/up", Post, Rules.StopMaintenance, changes.MachineUpAsync),
        Route("/api/v1/plenum/frameworks/*/explain", Get, Rules.ViewState, explanations.HandleAsync),
        Route("/hierarchical-allocator(1)/offer_constraints_debug", Get, Rules.ViewState, state.OfferConstraintsAsync),
        Route("/api/v1/plenum/priorities", Get, Rules.ViewRoles, state.PrioritiesAsync),
        Route("/api/v1/plenum/priorities", Put, Rules.ChangePriorities, priorities.ChangeAsync),
        Route("/weights", Get, Rules.ViewRoles, state.WeightsAsync),
        Route("/weights", Put, Rules.ChangeWeights, changes.WeightsAsync),
        Route("/quota", Get, Rules.ViewQuota, state.QuotaAsync),
        Route("/quota", Post, Rules.ChangeQuota, changes.SetQuotaAsync),
        Route("/quota/**", Delete, Rules.ChangeQuota, context => changes.RemoveQuotaAsync(context, Requests.NameOf(context))),
        Json("/files/browse", Rules.ReadLogs, files.BrowseAsync),
        Json("/files/read", Rules.ReadLogs, files.ReadAsync),
        Json("/files/download", Rules.ReadLogs, files.DownloadAsync),
        Json("/files/debug", Rules.ReadLogs, files.DebugAsync),
        Route("/registrar(1)/registry", Get, Rules.ViewRegistry, state.RegistryAsync),
        Route("/logging/toggle", Get, Rules.SetLogLevel, diagnostics.ToggleAsync),
        Route("/system/stats.json", Get, Rules.ViewMetrics, DiagnosticEndpoints.StatisticsAsync),
        Route("/profiler/*", Get, Rules.Profile, DiagnosticEndpoints.ProfilerAsync),
        Route("/memory-profiler/**", Get, Rules.Profile, DiagnosticEndpoints.ProfilerAsync),
    ];

    /// <summary><c>/help</c> over these routes, itself among them.</summary>
    public static IEnumerable<MasterRoute> WithHelp(IEnumerable<MasterRoute> routes)
    {
        MasterRoute[] all = [.. routes];
        return
        [
            .. all,
            Route("/help", Get, Rules.Anyone, context => DiagnosticEndpoints.HelpAsync(
                context, "master", all.Select(static route => new RouteDescription(route.Path, route.Method, route.Rule.Action)))),
        ];
    }

    private static MasterRoute Route(string path, string method, AccessRule rule, RequestDelegate handler) =>
        new(path, method, rule, MasterPhase.Leading, handler);

    private static MasterRoute Json(string path, AccessRule rule, RequestDelegate handler) =>
        new(path, Get, rule, MasterPhase.Leading, handler) { JsonAlias = true };
}
