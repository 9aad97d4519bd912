using Microsoft.Extensions.Logging;

namespace Plenum.Agent.Loop;

/// <summary>
/// Looks at something from time to time until disposed, never twice at once. What one look could not read the next one
/// tries again.
/// </summary>
/// <param name="what">What is looked at, as the log calls it.</param>
/// <param name="interval">From one look to the next.</param>
/// <param name="look">One look.</param>
/// <param name="clock">Whose timer it is.</param>
/// <param name="logger">Hears of looks that failed.</param>
internal sealed partial class PeriodicLook(
    string what, TimeSpan interval, Func<CancellationToken, Task> look, TimeProvider clock, ILogger logger) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    public void Start()
    {
        var stopping = _stopping.Token;
        _running = Task.Run(() => RunAsync(stopping), CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            using var timer = new PeriodicTimer(interval, clock);
            while (await timer.WaitForNextTickAsync(stopping))
            {
                try
                {
                    await look(stopping);
                }
                catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
                {
                    Log.NotSeen(logger, failure, what);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed, or whom it asks has stopped before it.
            Log.Stopped(logger, what);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A look at {What} failed; the next one tries again")]
        public static partial void NotSeen(ILogger logger, Exception failure, string what);

        [LoggerMessage(2, LogLevel.Debug, "Nobody looks at {What} any more")]
        public static partial void Stopped(ILogger logger, string what);
    }
}
