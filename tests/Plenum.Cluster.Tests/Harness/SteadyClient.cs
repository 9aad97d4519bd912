using System.Collections.Concurrent;
using System.Text.Json;

namespace Plenum.Cluster.Tests.Harness;

/// <summary>
/// A user of an app who never stops asking, in the manner of a load balancer in front of it: it takes the
/// running and healthy tasks from Marathon's API, asks one after the other, and gives a request that could not
/// connect as many tries elsewhere as HAProxy does. A request fails when that did not help either, or when an
/// answer is not 200.
/// </summary>
internal sealed class SteadyClient : IAsyncDisposable
{
    // Enough to see what changed just before a failure.
    private const int KeptAnswers = 3;

    // HAProxy's default. One would not do: an update ends two old tasks at a time, and when the server dies right
    // after it asked them to end, the list of before names both until the next server answers.
    private const int Retries = 3;

    private readonly CancellationTokenSource _stop = new();
    private readonly Queue<string> _answers = new();
    private readonly HttpClient _marathon;
    private readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero })
    {
        Timeout = TimeSpan.FromSeconds(10),
    };

    private readonly string _app;
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly TaskCompletionSource _served = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _running;
    private long _succeeded;

    private SteadyClient(Uri marathon, string app)
    {
        _marathon = new HttpClient { BaseAddress = marathon, Timeout = TimeSpan.FromSeconds(10) };
        _app = app;
        _running = RunAsync();
    }

    public IReadOnlyCollection<string> Failures => _failures;

    public long Succeeded => Interlocked.Read(ref _succeeded);

    /// <summary>Returns after the first request that was served: whoever kills the server earlier would leave it nobody to ask.</summary>
    public static async Task<SteadyClient> StartAsync(Uri marathon, string app)
    {
        var client = new SteadyClient(marathon, app);
        await Task.WhenAny(client._served.Task, client._running);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
        _marathon.Dispose();
        _http.Dispose();
    }

    private async Task RunAsync()
    {
        IReadOnlyList<Uri> targets = [];
        for (var i = 0; !_stop.IsCancellationRequested; i++)
        {
            // A master that is being restarted does not stop the data path: the last known targets serve.
            targets = await TargetsAsync() ?? targets;
            if (targets.Count == 0)
            {
                Fail("no running task");
                return;
            }

            var error = await AskAsync(targets[i % targets.Count]);
            for (var retry = 1; error is not null && retry <= Retries && retry < targets.Count; retry++)
            {
                error = await AskAsync(targets[(i + retry) % targets.Count]);
            }

            if (error is null)
            {
                Interlocked.Increment(ref _succeeded);
                _served.TrySetResult();
            }
            else
            {
                Fail(error);
            }
        }
    }

    private void Fail(string error) =>
        _failures.Enqueue($"{error}; Marathon's answers, the last one at the end: {string.Join(" ", _answers)}");

    private async Task<IReadOnlyList<Uri>?> TargetsAsync()
    {
        try
        {
            var answer = await _marathon.GetStringAsync($"/v2/apps{_app}/tasks", _stop.Token);
            Remember(answer);
            using var document = JsonDocument.Parse(answer);
            return [.. document.RootElement.GetProperty("tasks").EnumerateArray()
                .Where(t => t.GetProperty("state").GetString() == "TASK_RUNNING")
                .Where(t => t.GetProperty("healthCheckResults").EnumerateArray().Any(h => h.GetProperty("alive").GetBoolean()))
                .Select(t => new Uri($"http://127.0.0.1:{t.GetProperty("ports")[0].GetInt32()}/"))];
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            Remember(e.Message);
            return null;
        }
    }

    private void Remember(string answer)
    {
        _answers.Enqueue($"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {answer}");
        while (_answers.Count > KeptAnswers)
        {
            _answers.Dequeue();
        }
    }

    private async Task<string?> AskAsync(Uri target)
    {
        try
        {
            using var response = await _http.GetAsync(target, _stop.Token);
            return response.IsSuccessStatusCode ? null : $"{target}: {(int)response.StatusCode}";
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return $"{target}: {e.Message}";
        }
    }
}
