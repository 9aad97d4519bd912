using System.Net.Http.Headers;
using System.Text.Json;

namespace Plenum.Cli.Clients;

/// <summary>The Marathon calls the command line makes.</summary>
internal sealed class MarathonClient(ApiClient api)
{
    // A server that has an event stream answers at once; without one a change is followed by polling.
    private static readonly TimeSpan SubscribeTimeout = TimeSpan.FromSeconds(10);

    private const string SeeList = "./plenum app list shows what there is";
    private const string SeePods = "./plenum pod list shows what there is";

    public Uri Address => api.Address;

    public Task<JsonElement> InfoAsync(CancellationToken cancellationToken) => api.GetAsync("v2/info", cancellationToken);

    public async Task<IReadOnlyList<JsonElement>> AppsAsync(CancellationToken cancellationToken) =>
        [.. (await api.GetAsync("v2/apps", cancellationToken)).Items("apps")];

    public async Task<JsonElement> AppAsync(string id, CancellationToken cancellationToken) =>
        (await GetOfAppAsync("v2/apps" + Path(id), cancellationToken)).Member("app")
        ?? throw new CommandFailure(ExitCodes.NotFound, $"'{id}' is not an app", SeeList);

    /// <summary>The app, or null when there is none of this id.</summary>
    public async Task<JsonElement?> FindAppAsync(string id, CancellationToken cancellationToken)
    {
        var answer = await api.SendAsync(HttpMethod.Get, "v2/apps" + Path(id), null, cancellationToken);
        return answer.Succeeded ? answer.Body.Member("app")
            : answer.Status == System.Net.HttpStatusCode.NotFound ? null
            : throw ApiClient.Failure(answer);
    }

    public Task<JsonElement> PodAsync(string id, CancellationToken cancellationToken) =>
        GetAsync("v2/pods" + Path(id), SeePods, cancellationToken);

    /// <summary>The pod with its instances.</summary>
    public Task<JsonElement> PodStatusAsync(string id, CancellationToken cancellationToken) =>
        GetAsync($"v2/pods{Path(id)}::status", SeePods, cancellationToken);

    public async Task<IReadOnlyList<JsonElement>> PodStatusesAsync(CancellationToken cancellationToken) =>
        [.. (await api.GetAsync("v2/pods/::status", cancellationToken)).Elements()];

    public Task<JsonElement> AppVersionsAsync(string id, CancellationToken cancellationToken) =>
        GetOfAppAsync($"v2/apps{Path(id)}/versions", cancellationToken);

    public Task<JsonElement> AppVersionAsync(string id, string version, CancellationToken cancellationToken) =>
        GetOfAppAsync($"v2/apps{Path(id)}/versions/{Uri.EscapeDataString(version)}", cancellationToken);

    public async Task<IReadOnlyList<JsonElement>> DeploymentsAsync(CancellationToken cancellationToken) =>
        [.. (await api.GetAsync("v2/deployments", cancellationToken)).Elements()];

    public async Task<IReadOnlyList<JsonElement>> QueueAsync(CancellationToken cancellationToken) =>
        [.. (await api.GetAsync("v2/queue", cancellationToken)).Items("queue")];

    /// <summary>The queue with the newest offers that could not be used, ten a service at most.</summary>
    public async Task<IReadOnlyList<JsonElement>> QueueWithOffersAsync(CancellationToken cancellationToken) =>
        [.. (await api.GetAsync("v2/queue?embed=lastUnusedOffers", cancellationToken)).Items("queue")];

    /// <summary>Changes something; an answer that is an error is returned for the command to advise on.</summary>
    public Task<ApiAnswer> ChangeAsync(
        HttpMethod method, string path, string? json, bool force, CancellationToken cancellationToken) =>
        api.SendAsync(method, Forced(path, force), json, cancellationToken);

    /// <summary>The event stream, limited to the ends of deployments, or null when the server has none.</summary>
    public async Task<HttpResponseMessage?> DeploymentEndsAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get, new Uri(api.Address, "v2/events?event_type=deployment_success&event_type=deployment_failed"));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(SubscribeTimeout);
        try
        {
            var response = await api.OpenAsync(request, limit.Token);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }
            response.Dispose();
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>An app id as a path: leading slash, each segment escaped.</summary>
    public static string Path(string id) =>
        "/" + string.Join('/', id.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.EscapeDataString));

    private Task<JsonElement> GetOfAppAsync(string path, CancellationToken cancellationToken) =>
        GetAsync(path, SeeList, cancellationToken);

    private async Task<JsonElement> GetAsync(string path, string seeList, CancellationToken cancellationToken)
    {
        var answer = await api.SendAsync(HttpMethod.Get, path, null, cancellationToken);
        if (answer.Succeeded)
        {
            return answer.Body;
        }
        var failure = ApiClient.Failure(answer);
        throw new CommandFailure(failure.ExitCode, failure.Message, failure.ExitCode == ExitCodes.NotFound ? seeList : null);
    }

    private static string Forced(string path, bool force) =>
        !force ? path : path + (path.Contains('?') ? "&" : "?") + "force=true";
}
