using System.Collections.Concurrent;
using System.Text.Json;
using Plenum.Cli.Clients;

namespace Plenum.Cli.Deployments;

/// <summary>
/// Listens for the ends of deployments, from before a change is posted, so that even one that ends
/// at once is not missed. Reconnects when the stream breaks: a master that is restarted goes on with
/// its deployments.
/// </summary>
internal sealed class DeploymentEvents : IAsyncDisposable
{
    // One command waits for one deployment; others that end meanwhile are kept only up to this.
    private const int MaximumRemembered = 1000;
    private static readonly TimeSpan ReconnectDelay = TimeSpan.FromMilliseconds(500);

    private readonly MarathonClient _marathon;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, DeploymentEnd> _ends = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _arrived = new(0);
    private Task _listening = Task.CompletedTask;

    private DeploymentEvents(MarathonClient marathon, TimeProvider time)
    {
        _marathon = marathon;
        _time = time;
    }

    /// <summary>Returns when the server has taken the subscription.</summary>
    public static async Task<DeploymentEvents> ListenAsync(
        MarathonClient marathon, TimeProvider time, CancellationToken cancellationToken)
    {
        var events = new DeploymentEvents(marathon, time);
        var first = await marathon.DeploymentEndsAsync(cancellationToken);
        if (first is not null)
        {
            events._listening = events.ListenAsync(first);
        }
        return events;
    }

    public DeploymentEnd? EndOf(string deploymentId) => _ends.GetValueOrDefault(deploymentId);

    /// <summary>Returns when an end has arrived or the time is over, whichever is first.</summary>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(_arrived.WaitAsync(limit.Token), Task.Delay(atMost, _time, limit.Token));
        await limit.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _arrived.Dispose();
    }

    private async Task ListenAsync(HttpResponseMessage first)
    {
        HttpResponseMessage? response = first;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (response is not null)
                {
                    await ReadAsync(response);
                }
                await Task.Delay(ReconnectDelay, _time, _stop.Token);
                response = await _marathon.DeploymentEndsAsync(_stop.Token);
            }
            catch (Exception e) when (e is IOException or HttpRequestException or CommandFailure)
            {
                // The server went away. Whoever follows the deployment polls and reports that.
                response = null;
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task ReadAsync(HttpResponseMessage response)
    {
        using var disposing = response;
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(_stop.Token));
        while (await reader.ReadLineAsync(_stop.Token) is { } line)
        {
            if (line.StartsWith("data:", StringComparison.Ordinal))
            {
                Take(line["data:".Length..]);
            }
        }
    }

    private void Take(string data)
    {
        try
        {
            using var document = JsonDocument.Parse(data);
            var end = document.RootElement;
            if (_ends.Count < MaximumRemembered && end.Text("id") is { Length: > 0 } id)
            {
                _ends[id] = end.Text("eventType") == "deployment_success"
                    ? new DeploymentEnd(DeploymentResult.Succeeded)
                    : new DeploymentEnd(DeploymentResult.Failed, end.Text("reason") is { Length: > 0 } reason ? reason : null);
                _arrived.Release();
            }
        }
        catch (JsonException)
        {
            // Not an event of ours; the list of deployments still tells that one is over.
        }
    }
}
