using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Plenum.Cli.Clients;

/// <summary>Asks one API of the cluster and turns what goes wrong into something to do about it.</summary>
internal sealed class ApiClient(HttpClient http, Uri address, TimeSpan? requestTimeout = null)
{
    // Marathon itself gives up on a request after 10 s; three of those is a dead server.
    private static readonly TimeSpan UsualTimeout = TimeSpan.FromSeconds(30);
    private const int MaximumErrorText = 2000;

    private readonly TimeSpan _requestTimeout = requestTimeout ?? UsualTimeout;

    public Uri Address { get; } = address;

    public async Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(HttpMethod.Get, path, null, cancellationToken);
        return answer.Succeeded ? answer.Body : throw Failure(answer);
    }

    /// <summary>Sends a request; an answer that is an error is returned, a server that does not answer throws.</summary>
    public async Task<ApiAnswer> SendAsync(HttpMethod method, string path, string? json, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(Address, path));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (json is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(json));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_requestTimeout);
        try
        {
            using var response = await http.SendAsync(request, limit.Token);
            var body = await response.Content.ReadAsByteArrayAsync(limit.Token);
            return new ApiAnswer(response.StatusCode, Read(response, body), DeploymentHeader(response));
        }
        catch (HttpRequestException e)
        {
            throw Unreachable(e);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CommandFailure(
                ExitCodes.Unreachable, $"{Address} did not answer within {_requestTimeout.TotalSeconds:0} s", "./plenum status tells what answers");
        }
    }

    /// <summary>Sends a request whose answer is a stream; the caller reads it and disposes the answer.</summary>
    public async Task<HttpResponseMessage> OpenAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw Unreachable(e);
        }
    }

    /// <summary>The failure that an answer to <see cref="OpenAsync"/> stands for.</summary>
    public async Task<CommandFailure> FailureAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        return Failure(new ApiAnswer(response.StatusCode, Read(response, body), null));
    }

    public CommandFailure Unreachable(HttpRequestException e) => e.InnerException is SocketException
        ? new CommandFailure(
            ExitCodes.Unreachable,
            $"no cluster answers at {Address.GetLeftPart(UriPartial.Authority)}",
            "start one with ./plenum up, or say where it is with --marathon-url, --master-url and --metronome-url")
        : new CommandFailure(ExitCodes.Unreachable, $"{Address.GetLeftPart(UriPartial.Authority)}: {e.Message}");

    public static CommandFailure Failure(ApiAnswer answer) => new(
        answer.Status switch
        {
            HttpStatusCode.NotFound => ExitCodes.NotFound,
            HttpStatusCode.Conflict => ExitCodes.Conflict,
            _ => ExitCodes.Refused,
        },
        ErrorText.Of(answer, MaximumErrorText));

    private static string? DeploymentHeader(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Marathon-Deployment-Id", out var values) ? values.FirstOrDefault() : null;

    private JsonElement Read(HttpResponseMessage response, byte[] body)
    {
        if (body.Length == 0)
        {
            return default;
        }
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.Clone();
        }
        catch (JsonException) when (!response.IsSuccessStatusCode)
        {
            // Mesos' own errors are plain text.
            return JsonReading.FromText(Encoding.UTF8.GetString(body, 0, Math.Min(body.Length, MaximumErrorText)));
        }
        catch (JsonException)
        {
            throw new CommandFailure(
                ExitCodes.Refused,
                $"{response.RequestMessage?.RequestUri} answered with something that is not JSON",
                $"is {Address.GetLeftPart(UriPartial.Authority)} the right address?");
        }
    }
}
