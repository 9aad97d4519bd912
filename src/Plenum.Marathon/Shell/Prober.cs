using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Plenum.Marathon.Health;

namespace Plenum.Marathon.Shell;

/// <summary>
/// Performs health and readiness probes: redirects are not followed, certificates not verified, proxies not used, and
/// only so many at a time.
/// </summary>
internal sealed class Prober : IDisposable
{
    /// <summary>Of a readiness answer that is kept for clients.</summary>
    private const int MaxBodyBytes = 8 * 1024;

    private readonly SemaphoreSlim _slots;
    private readonly TimeProvider _clock;
    private readonly HttpClient _client;

    [SuppressMessage(
        "Security",
        "CA5359",
        Justification = "Marathon's rule that definitions rely on: a check asks whether a service answers, not who it is.")]
    public Prober(int maxConcurrent, TimeProvider clock)
    {
        _slots = new SemaphoreSlim(maxConcurrent);
        _clock = clock;
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            MaxConnectionsPerServer = maxConcurrent,
            MaxResponseDrainSize = MaxBodyBytes,

            // A kept connection would show that an old process still lives, not that the service answers.
            PooledConnectionLifetime = TimeSpan.Zero,
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
            },
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public async Task<ProbeOutcome> ProbeAsync(ProbeRequest request, CancellationToken cancellationToken)
    {
        await _slots.WaitAsync(cancellationToken);
        try
        {
            using var timeout = new CancellationTokenSource(request.Timeout, _clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            try
            {
                return request.Scheme == ProbeScheme.Tcp
                    ? await ConnectAsync(request, either.Token)
                    : await GetAsync(request, either.Token);
            }
            catch (OperationCanceledException) when (timeout.IsCancellationRequested)
            {
                return new ProbeOutcome { Error = $"no answer within {request.Timeout.TotalSeconds:0.#} s" };
            }
            catch (Exception failed) when (failed is HttpRequestException or SocketException or IOException or UriFormatException)
            {
                return new ProbeOutcome { Error = failed.Message };
            }
        }
        finally
        {
            _slots.Release();
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _slots.Dispose();
    }

    private static async Task<ProbeOutcome> ConnectAsync(ProbeRequest request, CancellationToken cancellationToken)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(request.Host, request.Port, cancellationToken);
        return new ProbeOutcome { Connected = true };
    }

    private async Task<ProbeOutcome> GetAsync(ProbeRequest request, CancellationToken cancellationToken)
    {
        var host = request.Host.Contains(':', StringComparison.Ordinal) ? $"[{request.Host}]" : request.Host;
        var path = request.Path.StartsWith('/') ? request.Path : "/" + request.Path;
        var scheme = request.Scheme == ProbeScheme.Https ? "https" : "http";
        using var message = new HttpRequestMessage(HttpMethod.Get, new Uri($"{scheme}://{host}:{request.Port}{path}"))
        {
            Version = HttpVersion.Version11,
        };
        using var response = await _client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        var outcome = new ProbeOutcome
        {
            HttpStatus = (int)response.StatusCode,
            ContentType = response.Content.Headers.ContentType?.ToString() ?? "text/plain",
        };
        return request.KeepBody
            ? outcome with { Body = await ReadSomeAsync(response, cancellationToken) }
            : outcome;
    }

    private static async Task<string> ReadSomeAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxBodyBytes];
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var read = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return Encoding.UTF8.GetString(buffer, 0, read);
    }
}
