using System.Net.Http.Headers;
using System.Text.Json;
using Google.Protobuf;
using Plenum.Protocol.V1.Agent;

namespace Plenum.Cli.Clients;

/// <summary>The agent calls the command line makes.</summary>
internal sealed class AgentClient(ApiClient api)
{
    private const string Protobuf = "application/x-protobuf";
    private const string RecordIO = "application/recordio";

    public Task<JsonElement> StateAsync(CancellationToken cancellationToken) => api.GetAsync("state", cancellationToken);

    public Task<JsonElement> BrowseAsync(string path, CancellationToken cancellationToken) =>
        api.GetAsync("files/browse?path=" + Uri.EscapeDataString(path), cancellationToken);

    public async Task<long> FileSizeAsync(string path, CancellationToken cancellationToken)
    {
        // Offset -1 answers with the size of the file as the offset and no data.
        var answer = await api.GetAsync($"files/read?path={Uri.EscapeDataString(path)}&offset=-1", cancellationToken);
        return answer.Integer("offset");
    }

    public async Task<string> ReadFileAsync(string path, long offset, int length, CancellationToken cancellationToken)
    {
        var answer = await api.GetAsync(
            $"files/read?path={Uri.EscapeDataString(path)}&offset={offset}&length={length}", cancellationToken);
        return answer.Text("data");
    }

    /// <summary>A call with one answer.</summary>
    public async Task<Response> CallAsync(Call call, CancellationToken cancellationToken)
    {
        using var request = Request(new ByteArrayContent(call.ToByteArray()), Protobuf);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(Protobuf));
        using var response = await api.OpenAsync(request, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            throw await api.FailureAsync(response, cancellationToken);
        }
        return Response.Parser.ParseFrom(await response.Content.ReadAsByteArrayAsync(cancellationToken));
    }

    /// <summary>A call whose answer is a stream of records.</summary>
    public async Task<HttpResponseMessage> OpenStreamAsync(Call call, CancellationToken cancellationToken)
    {
        using var request = Request(new ByteArrayContent(call.ToByteArray()), Protobuf);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(RecordIO));
        request.Headers.Add("Message-Accept", Protobuf);
        var response = await api.OpenAsync(request, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }
        using (response)
        {
            throw await api.FailureAsync(response, cancellationToken);
        }
    }

    /// <summary>A call that is a stream of records itself; ends when the agent has answered.</summary>
    public async Task SendStreamAsync(HttpContent records, CancellationToken cancellationToken)
    {
        using var request = Request(records, RecordIO);
        request.Headers.Add("Message-Content-Type", Protobuf);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(Protobuf));
        using var response = await api.OpenAsync(request, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            throw await api.FailureAsync(response, cancellationToken);
        }
    }

    private HttpRequestMessage Request(HttpContent content, string type)
    {
        // Mesos compares the type byte for byte: no parameters.
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return new HttpRequestMessage(HttpMethod.Post, new Uri(api.Address, "api/v1")) { Content = content };
    }
}
