using System.Net;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Scheduling.Http;

/// <summary>
/// The Mesos v1 scheduler API as a client. The event stream has a connection of its own; calls go one
/// after the other over a second one, because the master keeps their order per connection only.
/// </summary>
public sealed class HttpSchedulerTransport : ISchedulerTransport, IDisposable
{
    /// <summary>As many hops as mesos-go follows; masters that send a client in circles are misconfigured.</summary>
    private const int MaxRedirects = 9;

    private readonly HttpSchedulerOptions _options;
    private readonly TimeProvider _time;
    private readonly SchedulerCodec _codec;

    // A subscription breaks with its connection, and calls must not wait behind it: two handlers.
    private readonly HttpClient _streams = NewClient(maxConnections: int.MaxValue);
    private readonly HttpClient _calls = NewClient(maxConnections: 1);

    private Uri _master;

    public HttpSchedulerTransport(HttpSchedulerOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        _options = options;
        _time = time;
        _master = options.Master;
        _codec = options.UseJson ? SchedulerCodec.Json : SchedulerCodec.Protobuf;
    }

    public async Task<ISchedulerConnection> SubscribeAsync(Call subscribe, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(subscribe);
        if (subscribe.Type != Call.Types.Type.Subscribe)
        {
            throw new ArgumentException("The first call of a connection is SUBSCRIBE", nameof(subscribe));
        }

        var response = await PostToLeaderAsync(subscribe, cancellationToken);
        try
        {
            var streamId = StreamIdOf(response);
            var codec = SchedulerCodec.Of(response.Content.Headers.ContentType?.MediaType)
                ?? throw new SchedulerCallException(
                    HttpStatusCode.UnsupportedMediaType, $"The master streams {response.Content.Headers.ContentType}, which nobody asked for");
            var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            return new HttpSchedulerConnection(this, response, body, codec, streamId, _options, _time);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _streams.Dispose();
        _calls.Dispose();
    }

    /// <summary>One call on the call connection, to the master whose stream it belongs to.</summary>
    internal async Task SendAsync(Uri master, Call call, string streamId, CancellationToken cancellationToken)
    {
        using var request = NewRequest(master, call);
        request.Headers.Add(SchedulerCodec.StreamIdHeader, streamId);
        using var response = await AskAsync(_calls, request, HttpCompletionOption.ResponseContentRead, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            throw await RefusalAsync(response, cancellationToken);
        }
    }

    internal Uri Master => Volatile.Read(ref _master);

    private static HttpClient NewClient(int maxConnections) => new(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            MaxConnectionsPerServer = maxConnections,
            UseCookies = false,
            UseProxy = false,
        })
    {
        // Streams last; every single call has its own limit below.
        Timeout = Timeout.InfiniteTimeSpan,

        // Refusal texts are short; what is longer is not from a master.
        MaxResponseContentBufferSize = 64 * 1024,
    };

    private async Task<HttpResponseMessage> PostToLeaderAsync(Call call, CancellationToken cancellationToken)
    {
        var master = Master;
        for (var hop = 0; hop <= MaxRedirects; hop++)
        {
            using var request = NewRequest(master, call);
            request.Headers.Accept.ParseAdd(_codec.MediaType);
            var response = await AskAsync(_streams, request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                Volatile.Write(ref _master, master);
                return response;
            }

            using (response)
            {
                if (response.StatusCode != HttpStatusCode.TemporaryRedirect)
                {
                    // A former leader that is up again knows nothing: start over where the configuration says.
                    Volatile.Write(ref _master, _options.Master);
                    throw await RefusalAsync(response, cancellationToken);
                }

                master = LeaderOf(response, master);
            }
        }

        throw new SchedulerCallException(
            HttpStatusCode.ServiceUnavailable, $"The masters redirected {MaxRedirects} times without naming the leader");
    }

    private HttpRequestMessage NewRequest(Uri master, Call call) => new(HttpMethod.Post, new Uri(master, SchedulerCodec.Path))
    {
        Content = _codec.Encode(call),
    };

    private async Task<HttpResponseMessage> AskAsync(
        HttpClient client, HttpRequestMessage request, HttpCompletionOption completion, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.CallTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await client.SendAsync(request, completion, either.Token);
        }
        catch (HttpRequestException failure)
        {
            Volatile.Write(ref _master, _options.Master);
            throw new SchedulerCallException(
                HttpStatusCode.ServiceUnavailable, $"The master at {request.RequestUri} cannot be reached: {failure.Message}", failure);
        }
        catch (OperationCanceledException timeout) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SchedulerCallException(
                HttpStatusCode.ServiceUnavailable,
                $"The master at {request.RequestUri} did not answer within {_options.CallTimeout.TotalSeconds} s",
                timeout);
        }
    }

    /// <summary><c>//host:port/path</c> in Mesos; only host and port of it are believed.</summary>
    private static Uri LeaderOf(HttpResponseMessage response, Uri asked)
    {
        if (response.Headers.Location is { } location
            && Uri.TryCreate(asked, location.OriginalString, out var leader)
            && leader.Scheme is "http" or "https")
        {
            return new UriBuilder(asked.Scheme, leader.Host, leader.Port).Uri;
        }

        throw new SchedulerCallException(
            HttpStatusCode.ServiceUnavailable, $"The master redirects to '{response.Headers.Location}', which is no address");
    }

    private static string StreamIdOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues(SchedulerCodec.StreamIdHeader, out var values) && values.FirstOrDefault() is { Length: > 0 } id
            ? id
            : throw new SchedulerCallException(
                HttpStatusCode.BadGateway, $"The master's answer to SUBSCRIBE lacks the header {SchedulerCodec.StreamIdHeader}");

    private static async Task<SchedulerCallException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var text = (await response.Content.ReadAsStringAsync(cancellationToken)).Trim();
        return new SchedulerCallException(
            response.StatusCode, text.Length > 0 ? text : $"The master answered {(int)response.StatusCode} {response.ReasonPhrase}");
    }
}
