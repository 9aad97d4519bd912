using System.Net;
using System.Text.Json;

namespace Plenum.Cli.Clients;

/// <summary>The Metronome calls the command line makes.</summary>
internal sealed class MetronomeClient(ApiClient api)
{
    private const string SeeList = "./plenum job list shows what there is";

    public Uri Address => api.Address;

    /// <param name="embeds">What is wanted beside the jobs themselves.</param>
    public async Task<IReadOnlyList<JsonElement>> JobsAsync(string embeds, CancellationToken cancellationToken) =>
        [.. (await api.GetAsync($"v1/jobs?embed={embeds}", cancellationToken)).Elements()];

    public Task<JsonElement> JobAsync(string id, string embeds, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, $"{Path(id)}?embed={embeds}", null, cancellationToken);

    public static string Path(string id) => $"v1/jobs/{Uri.EscapeDataString(id)}";

    public static string Schedules(string id) => $"{Path(id)}/schedules";

    public static string Schedule(string id, string schedule) => $"{Schedules(id)}/{Uri.EscapeDataString(schedule)}";

    public static string Runs(string id) => $"{Path(id)}/runs";

    /// <summary>Sends a request and insists on success; the answer may have no body.</summary>
    public async Task<JsonElement> SendAsync(HttpMethod method, string path, string? json, CancellationToken cancellationToken)
    {
        var answer = await api.SendAsync(method, path, json, cancellationToken);
        if (answer.Succeeded)
        {
            return answer.Body;
        }
        var failure = ApiClient.Failure(answer);
        throw new CommandFailure(failure.ExitCode, failure.Message, failure.Advice ?? (answer.Status == HttpStatusCode.NotFound ? SeeList : null));
    }
}
