namespace Plenum.Agent.Images;

/// <summary>
/// Work that several callers want at the same time and that is done once. It runs for all of them: a
/// caller that gives up waits no longer, and the work goes on.
/// </summary>
internal sealed class SharedWork<T>
{
    private readonly Dictionary<string, Task<T>> _running = [];
    private readonly Lock _lock = new();

    public bool IsRunning(string key)
    {
        lock (_lock)
        {
            return _running.ContainsKey(key);
        }
    }

    public Task<T> JoinAsync(string key, Func<Task<T>> work)
    {
        lock (_lock)
        {
            if (_running.TryGetValue(key, out var running))
            {
                return running;
            }
            var started = RunAsync(key, work);
            _running[key] = started;
            return started;
        }
    }

    private async Task<T> RunAsync(string key, Func<Task<T>> work)
    {
        // Leaves the caller's lock before anything can end, so that the entry is there to be removed.
        await Task.Yield();
        try
        {
            return await work();
        }
        finally
        {
            lock (_lock)
            {
                _running.Remove(key);
            }
        }
    }
}
