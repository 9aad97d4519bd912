using System.Text.Json;
using System.Threading.Channels;

namespace Plenum.Cluster.Tests.Harness;

/// <summary>A subscription to /v2/events: what the tests wait for instead of time.</summary>
internal sealed class MarathonEvents : IAsyncDisposable
{
    /// <summary>No test here makes more; a full channel is a bug of the test.</summary>
    private const int Capacity = 100_000;

    private readonly Channel<JsonElement> _events = Channel.CreateBounded<JsonElement>(Capacity);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<string> _seen = [];
    private Task _reading = Task.CompletedTask;

    /// <summary>Returns once the stream is attached, so that nothing done afterwards is missed.</summary>
    public static async Task<MarathonEvents> OpenAsync(Uri marathon, CancellationToken cancellationToken)
    {
        var events = new MarathonEvents();
        var client = new HttpClient { BaseAddress = marathon, Timeout = Timeout.InfiniteTimeSpan };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v2/events");
        request.Headers.Accept.ParseAdd("text/event-stream");
        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        events._reading = events.ReadAsync(client, response, stream);
        return events;
    }

    /// <summary>The first event from now on that fits; everything before it is passed over.</summary>
    public async Task<JsonElement> WaitAsync(string what, Func<JsonElement, bool> fits, TimeSpan? limit = null)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        timeout.CancelAfter(limit ?? TimeSpan.FromMinutes(2));
        try
        {
            while (true)
            {
                var next = await _events.Reader.ReadAsync(timeout.Token);
                if (fits(next))
                {
                    return next;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            throw new TimeoutException($"no event '{what}'; seen: {string.Join(" | ", _seen.TakeLast(25))}", e);
        }
    }

    public Task<JsonElement> WaitForTaskAsync(string app, string state) =>
        WaitAsync($"{app} {state}", e => Type(e) == "status_update_event"
            && e.GetProperty("appId").GetString() == app && e.GetProperty("taskStatus").GetString() == state);

    public Task<JsonElement> WaitForDeploymentAsync(string id, TimeSpan? limit = null) =>
        WaitAsync($"deployment {id}", e => Type(e) == "deployment_success" && e.GetProperty("id").GetString() == id, limit);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        _stop.Dispose();
    }

    private static string? Type(JsonElement e) => e.GetProperty("eventType").GetString();

    private async Task ReadAsync(HttpClient client, HttpResponseMessage response, Stream stream)
    {
        using var reader = new StreamReader(stream);
        try
        {
            while (await reader.ReadLineAsync(_stop.Token) is { } line)
            {
                if (!line.StartsWith("data: ", StringComparison.Ordinal))
                {
                    continue;
                }

                var parsed = JsonDocument.Parse(line["data: ".Length..]).RootElement;
                _seen.Add(line.Length > 160 ? line[..160] : line);
                _events.Writer.TryWrite(parsed).ShouldBeTrue("the test reads too few events");
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or HttpRequestException)
        {
            // The server was killed or the test is over: waiters learn it from the closed channel.
        }
        finally
        {
            _events.Writer.TryComplete();
            response.Dispose();
            client.Dispose();
        }
    }
}
