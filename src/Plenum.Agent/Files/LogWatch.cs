using Microsoft.Win32.SafeHandles;
using Plenum.Agent.Native;

namespace Plenum.Agent.Files;

/// <summary>
/// Wakes those who follow a log when somebody has written into it. All share one inotify, which is there from the first of
/// them on: a machine has 128 for a user by default, and those of tasks that run as root are among them.
/// </summary>
internal sealed class LogWatch : IDisposable
{
    private readonly Dictionary<int, List<Listener>> _listeners = [];
    private readonly Lock _gate = new();
    private ModificationWatcher? _watcher;
    private bool _disposed;

    /// <summary>Logs that are watched now.</summary>
    public int Watched
    {
        get
        {
            lock (_gate)
            {
                return _listeners.Count;
            }
        }
    }

    /// <summary>Listens until the result is disposed; null when this log cannot be watched: then it is looked at now and then.</summary>
    public Listener? Listen(SafeFileHandle log)
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return null;
            }

            try
            {
                _watcher ??= new ModificationWatcher("log watch", Wake);
                var watch = _watcher.Add((int)log.DangerousGetHandle(), "watch a log");
                var listener = new Listener(this, watch);
                if (_listeners.TryGetValue(watch, out var others))
                {
                    others.Add(listener);
                }
                else
                {
                    _listeners[watch] = [listener];
                }

                return listener;
            }
            catch (NativeException)
            {
                // The machine's instances or watches are used up, which is nobody's failure here.
                return null;
            }
        }
    }

    public void Dispose()
    {
        ModificationWatcher? watcher;
        lock (_gate)
        {
            _disposed = true;
            watcher = _watcher;
        }

        // Without the lock: its thread may wait for it.
        watcher?.Dispose();
    }

    private void Wake(IReadOnlySet<int>? touched)
    {
        lock (_gate)
        {
            foreach (var (_, listeners) in _listeners.Where(pair => touched?.Contains(pair.Key) ?? true))
            {
                listeners.ForEach(static listener => listener.Wake());
            }
        }
    }

    private void Leave(Listener listener, int watch)
    {
        lock (_gate)
        {
            if (_listeners.TryGetValue(watch, out var listeners) && listeners.Remove(listener) && listeners.Count == 0)
            {
                _listeners.Remove(watch);
                _watcher!.Remove(watch);
            }
        }
    }

    /// <summary>One who waits for the next write.</summary>
    internal sealed class Listener(LogWatch owner, int watch) : IDisposable
    {
        private readonly TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Ends with the first write after it began to listen.</summary>
        public Task Changed => _changed.Task;

        public void Wake() => _changed.TrySetResult();

        public void Dispose() => owner.Leave(this, watch);
    }
}
