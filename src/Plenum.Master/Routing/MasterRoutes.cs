using System.Net;
using Microsoft.AspNetCore.Http;
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
        V0Operations operations) =>
    [
        .. Always(),
        Route("/api/v1/scheduler", Post, Rules.RegisterFramework, scheduler.HandleAsync),
        Route("/api/v1", Post, Rules.Operate, operators.HandleAsync),
        Route("/api/plenum/v1/agent/link", Post, Rules.RegisterAgent, agents.OpenAsync),
        Route("/api/plenum/v1/agent/messages", Post, Rules.RegisterAgent, agents.ReceiveAsync),
        Json("/state", Rules.ViewState, state.StateAsync),
        Json("/state-summary", Rules.ViewState, state.SummaryAsync),
        Json("/slaves", Rules.ViewState, state.SlavesAsync),
        Json("/frameworks", Rules.ViewState, state.FrameworksAsync),
        Json("/tasks", Rules.ViewState, state.TasksAsync),
        Json("/roles", Rules.ViewState, state.RolesAsync),
        Json("/flags", Rules.ViewFlags, state.FlagsAsync),
        Json("/metrics/snapshot", Rules.ViewMetrics, state.MetricsAsync),
        Route("/redirect", Get, Rules.Anyone, state.RedirectAsync),
        Route("/teardown", Post, Rules.TeardownFramework, state.TeardownAsync),
        Route("/reserve", Post, Rules.ChangeReservations, operations.ReserveAsync),
        Route("/unreserve", Post, Rules.ChangeReservations, operations.UnreserveAsync),
        Route("/create-volumes", Post, Rules.ChangeReservations, operations.CreateAsync),
        Route("/destroy-volumes", Post, Rules.ChangeReservations, operations.DestroyAsync),
        Route("/maintenance/schedule", Get, Rules.ViewState, state.ScheduleAsync),
        Route("/maintenance/schedule", Post, Rules.ChangeMaintenance, changes.ScheduleAsync),
        Route("/maintenance/status", Get, Rules.ViewState, state.MaintenanceAsync),
        Route("/machine/down", Post, Rules.ChangeMaintenance, changes.MachineDownAsync),
        Route("/machine/up", Post, Rules.ChangeMaintenance, changes.MachineUpAsync),
        Route("/api/v1/plenum/frameworks/*/explain", Get, Rules.ViewState, explanations.HandleAsync),
        Route("/weights", Get, Rules.ViewState, state.WeightsAsync),
        Route("/weights", Put, Rules.ChangeQuota, changes.WeightsAsync),
        Route("/quota", Get, Rules.ViewState, state.QuotaAsync),
        Route("/quota", Post, Rules.ChangeQuota, changes.SetQuotaAsync),
        Route("/quota/**", Delete, Rules.ChangeQuota, context => changes.RemoveQuotaAsync(context, Requests.NameOf(context))),
        .. NotServed(Rules.ReadFiles, Get, "/files/browse", "/files/read", "/files/download", "/files/debug"),
        .. NotServed(Rules.ViewState, Get, "/registrar(1)/registry"),
    ];

    private static MasterRoute Route(string path, string method, string rule, RequestDelegate handler) =>
        new(path, method, rule, MasterPhase.Leading, handler);

    private static MasterRoute Json(string path, string rule, RequestDelegate handler) =>
        new(path, Get, rule, MasterPhase.Leading, handler) { JsonAlias = true };

    private static IEnumerable<MasterRoute> NotServed(string rule, string method, params string[] paths) =>
        paths.Select(path => Route(path, method, rule, context => Answers.TextAsync(
            context, HttpStatusCode.NotImplemented, $"'{path}' of Mesos is not served by this master")));
}
