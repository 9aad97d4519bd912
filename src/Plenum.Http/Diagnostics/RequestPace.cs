namespace Plenum.Http.Diagnostics;

/// <summary>
/// Lets requests through one at a time, each at least an interval after the one before, as Mesos does with those for
/// metrics: who comes too early waits. One that goes away while it waits takes no turn.
/// </summary>
public sealed class RequestPace(TimeSpan interval, TimeProvider clock) : IDisposable
{
    /// <summary>Mesos lets two requests a second see the metrics.</summary>
    public static readonly TimeSpan OfMetrics = TimeSpan.FromMilliseconds(500);

    /// <summary>Half a minute of them: whoever would come later has given up by then.</summary>
    private const int MaximumWaiting = 60;

    private readonly Lock _lock = new();
    private readonly Lock _ending = new();
    private readonly CancellationTokenSource _over = new();
    private int _waiting;
    private bool _disposed;
    private long? _last;

    /// <summary>False, at once, when too many wait or the server stops.</summary>
    /// <exception cref="OperationCanceledException">The request went away.</exception>
    public async ValueTask<bool> EnterAsync(CancellationToken cancellationToken)
    {
        if (TryEnter() is not { } left)
        {
            return true;
        }

        try
        {
            if (Interlocked.Increment(ref _waiting) > MaximumWaiting)
            {
                return false;
            }

            using var either = CancellationTokenSource.CreateLinkedTokenSource(_over.Token, cancellationToken);
            // Asked again after each wait: another may have been quicker, and a timer may fire a little early.
            for (TimeSpan? wait = left; wait is { } time; wait = TryEnter())
            {
                await Task.Delay(time, clock, either.Token);
            }

            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>The server stops and lets nobody wait any more.</summary>
    public bool IsClosed => _over.IsCancellationRequested;

    /// <summary>
    /// Lets those go that wait: a server that stops is not held by them. One that ends by itself may say so after whoever stops
    /// it has disposed of everything.
    /// </summary>
    public void Close()
    {
        lock (_ending)
        {
            if (!_disposed)
            {
                _over.Cancel();
            }
        }
    }

    public void Dispose()
    {
        lock (_ending)
        {
            _disposed = true;
            _over.Dispose();
        }
    }

    /// <summary>Null: it is in. Otherwise how long it is to wait.</summary>
    private TimeSpan? TryEnter()
    {
        lock (_lock)
        {
            if (_last is { } last && interval - clock.GetElapsedTime(last) is var left && left > TimeSpan.Zero)
            {
                return left;
            }

            _last = clock.GetTimestamp();
            return null;
        }
    }
}
