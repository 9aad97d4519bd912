using Plenum.Marathon.Api.Apps;
using Plenum.Marathon.Api.Deployments;
using Plenum.Marathon.Api.Events;
using Plenum.Marathon.Api.Groups;
using Plenum.Marathon.Api.Pods;
using Plenum.Marathon.Api.Queue;
using Plenum.Marathon.Api.Routing;
using Plenum.Marathon.Api.Server;
using Plenum.Marathon.Api.Tasks;

namespace Plenum.Marathon.Api;

/// <summary>
/// Every call of the API with the name of its authorisation rule. Order matters: a known suffix comes before the
/// route whose id would swallow it.
/// </summary>
internal static class MarathonRoutes
{
    public static RouteTable Create(MarathonApiOptions options, TimeProvider timeProvider)
    {
        var apps = new AppEndpoints(new AppChanges(options.Definitions));
        var groups = new GroupEndpoints(new GroupChanges(options.Definitions));
        var pods = new PodEndpoints(new PodChanges(options.Definitions));
        var events = new EventStreamEndpoint(options, timeProvider);
        var metrics = new MetricsEndpoint(timeProvider);
        return new RouteTable(
        [
            new Route("GET", "/v2/apps", "marathon.app.view", AppEndpoints.List),
            new Route("POST", "/v2/apps", "marathon.app.create", apps.CreateAsync),
            new Route("PUT", "/v2/apps", "marathon.app.update", apps.PutManyAsync),
            new Route("PATCH", "/v2/apps", "marathon.app.update", apps.PatchManyAsync),
            new Route("GET", "/v2/apps/*", "marathon.app.view", AppEndpoints.ShowAllBelow),
            new Route("GET", "/v2/apps/*/tasks", "marathon.app.view", AppTaskEndpoints.ListAllBelow),
            new Route("GET", "/v2/apps/{id}/*/tasks", "marathon.app.view", AppTaskEndpoints.ListAllBelow),
            new Route("GET", "/v2/apps/{id}/*", "marathon.app.view", AppEndpoints.ShowAllBelow),
            new Route("GET", "/v2/apps/{id}/tasks", "marathon.app.view", AppTaskEndpoints.List),
            new Route("DELETE", "/v2/apps/{id}/tasks", "marathon.app.update", AppTaskEndpoints.KillAllAsync),
            new Route("DELETE", "/v2/apps/{id}/tasks/{arg}", "marathon.app.update", AppTaskEndpoints.KillOneAsync),
            new Route("GET", "/v2/apps/{id}/versions", "marathon.app.view", AppEndpoints.Versions),
            new Route("GET", "/v2/apps/{id}/versions/{arg}", "marathon.app.view", AppEndpoints.Version),
            new Route("POST", "/v2/apps/{id}/restart", "marathon.app.update", AppEndpoints.RestartAsync),
            new Route("GET", "/v2/apps/{id}", "marathon.app.view", AppEndpoints.Show),
            new Route("PUT", "/v2/apps/{id}", "marathon.app.update", apps.PutAsync),
            new Route("PATCH", "/v2/apps/{id}", "marathon.app.update", apps.PatchAsync),
            new Route("DELETE", "/v2/apps/{id}", "marathon.app.delete", AppEndpoints.DeleteAsync),

            new Route("GET", "/v2/groups", "marathon.group.view", GroupEndpoints.Show),
            new Route("POST", "/v2/groups", "marathon.group.create", groups.CreateAsync),
            new Route("PUT", "/v2/groups", "marathon.group.update", groups.PutAsync),
            new Route("DELETE", "/v2/groups", "marathon.group.delete", GroupEndpoints.DeleteAsync),
            new Route("GET", "/v2/groups/apps", "marathon.group.view", GroupEndpoints.Apps),
            new Route("GET", "/v2/groups/versions", "marathon.group.view", GroupEndpoints.Versions),
            new Route("GET", "/v2/groups/versions/{arg}", "marathon.group.view", GroupEndpoints.Version),
            new Route("GET", "/v2/groups/{id}/apps", "marathon.group.view", GroupEndpoints.Apps),
            new Route("GET", "/v2/groups/{id}/versions", "marathon.group.view", GroupEndpoints.Versions),
            new Route("GET", "/v2/groups/{id}/versions/{arg}", "marathon.group.view", GroupEndpoints.Version),
            new Route("GET", "/v2/groups/{id}", "marathon.group.view", GroupEndpoints.Show),
            new Route("POST", "/v2/groups/{id}", "marathon.group.create", groups.CreateAsync),
            new Route("PUT", "/v2/groups/{id}", "marathon.group.update", groups.PutAsync),
            new Route("PATCH", "/v2/groups/{id}", "marathon.group.update", GroupEndpoints.PatchAsync),
            new Route("DELETE", "/v2/groups/{id}", "marathon.group.delete", GroupEndpoints.DeleteAsync),

            new Route("GET", "/v2/tasks", "marathon.app.view", TaskEndpoints.List),
            new Route("POST", "/v2/tasks/delete", "marathon.app.update", TaskEndpoints.KillAsync),
            new Route("GET", "/v2/deployments", "marathon.deployment.view", DeploymentEndpoints.List),
            new Route("DELETE", "/v2/deployments/{arg}", "marathon.deployment.cancel", DeploymentEndpoints.CancelAsync),
            new Route("POST", "/v2/deployments/{arg}/pause", "marathon.deployment.pause", DeploymentEndpoints.PauseAsync),
            new Route("POST", "/v2/deployments/{arg}/resume", "marathon.deployment.resume", DeploymentEndpoints.ResumeAsync),
            new Route("POST", "/v2/deployments/{arg}/promote", "marathon.deployment.promote", DeploymentEndpoints.PromoteAsync),
            new Route("POST", "/v2/deployments/{arg}/revert", "marathon.deployment.cancel", DeploymentEndpoints.RevertAsync),
            new Route("GET", "/v2/queue", "marathon.queue.view", QueueEndpoints.List),
            new Route("DELETE", "/v2/queue/{id}/delay", "marathon.queue.update", QueueEndpoints.ResetDelayAsync),
            new Route("GET", "/v2/events", "marathon.event.view", events.StreamAsync),

            new Route("GET", "/v2/info", "marathon.system.view", SystemEndpoints.Info),
            new Route("GET", "/v2/leader", "marathon.leader.view", SystemEndpoints.Leader),
            new Route("DELETE", "/v2/leader", "marathon.leader.update", SystemEndpoints.Abdicate),
            new Route("GET", "/v2/plugins", "marathon.plugin.view", SystemEndpoints.Plugins),
            .. ForAllMethods("/v2/plugins/{id}", "marathon.plugin.use", SystemEndpoints.Plugin),
            new Route("GET", "/ping", "public", SystemEndpoints.Ping),
            new Route("GET", "/metrics", "marathon.metrics.view", metrics.Json),
            new Route("GET", "/metrics/prometheus", "marathon.metrics.view", metrics.Prometheus),
            new Route("GET", "/logging", "marathon.logging.view", SystemEndpoints.Logging),
            new Route("POST", "/logging", "marathon.logging.update", SystemEndpoints.Logging),
            new Route("GET", "/config", "marathon.system.view", SystemEndpoints.Config),

            new Route("HEAD", "/v2/pods", "marathon.pod.view", PodEndpoints.Probe),
            new Route("GET", "/v2/pods", "marathon.pod.view", PodEndpoints.List),
            new Route("POST", "/v2/pods", "marathon.pod.create", pods.CreateAsync),
            new Route("GET", "/v2/pods/::status", "marathon.pod.view", PodEndpoints.ListStatus),
            new Route("GET", "/v2/pods/{id}::status", "marathon.pod.view", PodEndpoints.ShowStatus),
            new Route("GET", "/v2/pods/{id}::versions", "marathon.pod.view", PodEndpoints.Versions),
            new Route("GET", "/v2/pods/{id}::versions/{arg}", "marathon.pod.view", PodEndpoints.Version),
            new Route("DELETE", "/v2/pods/{id}::instances", "marathon.pod.update", PodInstanceEndpoints.KillManyAsync),
            new Route("DELETE", "/v2/pods/{id}::instances/{arg}", "marathon.pod.update", PodInstanceEndpoints.KillOneAsync),
            new Route("POST", "/v2/pods/{id}/restart", "marathon.pod.update", PodEndpoints.RestartAsync),
            new Route("GET", "/v2/pods/{id}", "marathon.pod.view", PodEndpoints.Show),
            new Route("PUT", "/v2/pods/{id}", "marathon.pod.update", pods.PutAsync),
            new Route("DELETE", "/v2/pods/{id}", "marathon.pod.delete", PodEndpoints.DeleteAsync),

            .. ForAllMethods("/v2/artifacts", "public", SystemEndpoints.Removed),
            .. ForAllMethods("/v2/artifacts/{id}", "public", SystemEndpoints.Removed),
            .. ForAllMethods("/v2/eventSubscriptions", "public", SystemEndpoints.Removed),
            .. ForAllMethods("/v2/schemas", "public", SystemEndpoints.Removed),
            .. ForAllMethods("/v2/schemas/{id}", "public", SystemEndpoints.Removed),
        ]);
    }

    private static IEnumerable<Route> ForAllMethods(string pattern, string rule, Func<ApiCall, ApiAnswer> handle) =>
        new[] { "GET", "POST", "PUT", "PATCH", "DELETE" }.Select(method => new Route(method, pattern, rule, handle));
}
