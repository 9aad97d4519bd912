using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Plenum.Agent.Loop;

/// <summary>Clean-up that failed and is tried again, after pauses that grow, until it succeeds or this is disposed.</summary>
/// <typeparam name="TKey">Names what is cleaned up; a name is tried once at a time.</typeparam>
/// <param name="attempt">One try; false: it failed again.</param>
/// <param name="time">Whose pauses they are.</param>
/// <param name="logger">Hears of tries that broke instead of failing.</param>
internal sealed partial class Repetition<TKey>(Func<TKey, Task<bool>> attempt, TimeProvider time, ILogger logger) : IAsyncDisposable
    where TKey : notnull
{
    /// <summary>
    /// As many as an agent runs containers on a busy machine: more that cannot be cleaned up have one cause, which tries do
    /// not mend. Those beyond wait for the agent's next start.
    /// </summary>
    public const int Most = 1_024;

    /// <summary>What passes by itself, a busy file or a process that is just ending, has passed then.</summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(2);

    /// <summary>An operator who mended the cause sees the effect before wondering.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly Dictionary<TKey, Task> _left = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private bool _stopped;

    /// <summary>How much is not cleaned up yet.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _left.Count;
            }
        }
    }

    /// <returns>False: there is no room, or this agent stops; nobody tries again before the next start.</returns>
    public bool Add(TKey key)
    {
        lock (_gate)
        {
            if (_left.ContainsKey(key))
            {
                return true;
            }

            if (_stopped || _left.Count >= Most)
            {
                return false;
            }

            _left[key] = Task.Run(() => RunAsync(key), CancellationToken.None);
            return true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task[] running;
        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }

            _stopped = true;
            running = [.. _left.Values];
        }

        await _stopping.CancelAsync();
        await Task.WhenAll(running);
        _stopping.Dispose();
    }

    private async Task RunAsync(TKey key)
    {
        try
        {
            var pause = FirstPause;
            do
            {
                await Task.Delay(pause, time, _stopping.Token);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
            while (!await TryAsync(key));
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            Log.Given(logger, key);
        }
        finally
        {
            lock (_gate)
            {
                _left.Remove(key);
            }
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "The edge of one try: what broke it is logged, and the next try may find it mended.")]
    private async Task<bool> TryAsync(TKey key)
    {
        try
        {
            return await attempt(key);
        }
        catch (Exception failure) when (!_stopping.IsCancellationRequested)
        {
            Log.Broke(logger, failure, key);
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Cleaning up {Key} broke and is tried again")]
        public static partial void Broke(ILogger logger, Exception failure, TKey key);

        [LoggerMessage(2, LogLevel.Information, "{Key} is not cleaned up; the agent's next start tries again")]
        public static partial void Given(ILogger logger, TKey key);
    }
}
