using System.Text.Json;

namespace Plenum.Cli.Clients;

/// <summary>The master calls the command line makes.</summary>
internal sealed class MasterClient(ApiClient api)
{
    private const string Priorities = "api/v1/plenum/priorities";

    public Uri Address => api.Address;

    public Task<JsonElement> SummaryAsync(CancellationToken cancellationToken) =>
        api.GetAsync("state-summary", cancellationToken);

    public Task<JsonElement> FrameworksAsync(CancellationToken cancellationToken) => api.GetAsync("frameworks", cancellationToken);

    public Task<JsonElement> ExplainAsync(string framework, CancellationToken cancellationToken) =>
        api.GetAsync($"api/v1/plenum/frameworks/{Uri.EscapeDataString(framework)}/explain", cancellationToken);

    public Task<JsonElement> PrioritiesAsync(CancellationToken cancellationToken) => api.GetAsync(Priorities, cancellationToken);

    public async Task PrioritizeAsync(string change, CancellationToken cancellationToken)
    {
        var answer = await api.SendAsync(HttpMethod.Put, Priorities, change, cancellationToken);
        if (!answer.Succeeded)
        {
            throw ApiClient.Failure(answer);
        }
    }

    public Task<JsonElement> StateAsync(CancellationToken cancellationToken) => api.GetAsync("state", cancellationToken);

    /// <summary>GET_TASKS of the operator API, which has the messages of statuses that /state leaves out.</summary>
    public async Task<JsonElement> TasksAsync(CancellationToken cancellationToken)
    {
        var answer = await api.SendAsync(HttpMethod.Post, "api/v1", """{"type":"GET_TASKS"}""", cancellationToken);
        return answer.Succeeded ? answer.Body.Member("get_tasks") ?? default : throw ApiClient.Failure(answer);
    }
}
