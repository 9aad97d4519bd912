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

    /// <summary>A piece of a file, and the size of the whole. READ_FILE gives bytes, /files/read only text.</summary>
    public async Task<(long Size, ReadOnlyMemory<byte> Data)> ReadFileAsync(
        string path, long offset, int length, CancellationToken cancellationToken)
    {
        var answer = await CallAsync(
            new Call
            {
                Type = Call.Types.Type.ReadFile,
                ReadFile = new Call.Types.ReadFile { Path = path, Offset = (ulong)offset, Length = (ulong)length },
            },
            cancellationToken);
        return ((long)answer.ReadFile.Size, answer.ReadFile.Data.Memory);
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
        try
        {
            return Response.Parser.ParseFrom(await response.Content.ReadAsByteArrayAsync(cancellationToken));
        }
        catch (HttpRequestException e)
        {
            throw api.Unreachable(e);
        }
        catch (InvalidProtocolBufferException)
        {
            throw new CommandFailure(
                ExitCodes.Refused,
                $"{api.Address.Authority} answered with something that is not an agent's answer",
                "./plenum node list shows at which addresses the agents are");
        }
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
