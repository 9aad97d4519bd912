using Plenum.Agent.Executors;
using Plenum.Agent.Files;
using Plenum.Agent.Operator;
using Plenum.Agent.V0;

namespace Plenum.Agent.Http;

/// <summary>Every path of the agent's API with the rule that will guard it.</summary>
internal static class AgentRoutes
{
    private const string Get = "GET";
    private const string Post = "POST";

    /// <summary>
    /// The parts behind the other paths do not exist yet; their paths already answer 503.
    /// </summary>
    public static IEnumerable<AgentRoute> BeforeRecovery() =>
        All(identity: null!, state: null!, files: null!, executors: null!, calls: null!)
            .Select(static route => route.Path == "/version" ? route with { Recovered = true } : route);

    public static IEnumerable<AgentRoute> All(
        AgentIdentity identity,
        StateEndpoints state,
        FilesEndpoint files,
        ExecutorEndpoint executors,
        OperatorEndpoint calls) =>
    [
        new("/health", Get, "none", Recovered: false, StateEndpoints.HealthAsync),
        new("/version", Get, "none", Recovered: false, context => StateEndpoints.VersionAsync(context, identity)) { JsonAlias = true },
        new("/flags", Get, "view_flags", Recovered: true, context => state.FlagsAsync(context)) { JsonAlias = true },
        new("/metrics/snapshot", Get, "view_metrics", Recovered: true, context => state.MetricsAsync(context)) { JsonAlias = true },
        new("/state", Get, "view_state", Recovered: true, context => state.StateAsync(context)) { JsonAlias = true },
        new("/containers", Get, "view_containers", Recovered: true, context => state.ContainersAsync(context)) { JsonAlias = true },
        new("/monitor/statistics", Get, "view_containers", Recovered: true, context => state.StatisticsAsync(context)) { JsonAlias = true },
        new("/files/browse", Get, "access_sandboxes", Recovered: true, context => files.BrowseAsync(context)) { JsonAlias = true },
        new("/files/read", Get, "access_sandboxes", Recovered: true, context => files.ReadAsync(context)) { JsonAlias = true },
        new("/files/download", Get, "access_sandboxes", Recovered: true, context => files.DownloadAsync(context)) { JsonAlias = true },
        new("/files/debug", Get, "access_sandboxes", Recovered: true, context => files.DebugAsync(context)) { JsonAlias = true },
        new("/api/v1/executor", Post, "run_as_executor", Recovered: true, context => executors.HandleAsync(context)),
        new("/api/v1", Post, "by_call", Recovered: true, context => calls.HandleAsync(context)),
    ];
}
