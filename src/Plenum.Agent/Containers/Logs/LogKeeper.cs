using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Native;

namespace Plenum.Agent.Containers.Logs;

/// <summary>Keeps the log files of all containers within their bound: after each write it looks at their sizes.</summary>
internal sealed partial class LogKeeper : IDisposable
{
    private readonly ConcurrentDictionary<int, LogFile> _files = new();
    private readonly ModificationWatcher _watcher;
    private readonly LogLimits _limits;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    public LogKeeper(LogLimits limits, TimeProvider time, ILogger logger)
    {
        _limits = limits;
        _time = time;
        _logger = logger;
        _watcher = new ModificationWatcher("log keeper", Look);
    }

    /// <summary>Bounds the file until the result is disposed, which also closes it.</summary>
    public IDisposable Track(LogFile file)
    {
        var watch = _watcher.Add(file.Descriptor, $"watch {file.Path}");
        _files[watch] = file;
        // What was written before the watch stood.
        Rotate(file);
        return new Tracking(this, watch, file);
    }

    public void Dispose() => _watcher.Dispose();

    private void Look(IReadOnlySet<int>? touched)
    {
        foreach (var watch in touched ?? (IEnumerable<int>)_files.Keys)
        {
            if (_files.TryGetValue(watch, out var file))
            {
                Rotate(file);
            }
        }
    }

    private void Rotate(LogFile file)
    {
        try
        {
            lock (file)
            {
                if (!file.Handle.IsClosed)
                {
                    lock (LogCuts.Of(file.Handle))
                    {
                        file.Rotate(_limits, _time.GetUtcNow());
                    }
                }
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // A full disk, most likely. The container goes on; the next write tries again.
            Log.RotationFailed(_logger, file.Path, failure);
        }
    }

    private sealed class Tracking(LogKeeper keeper, int watch, LogFile file) : IDisposable
    {
        public void Dispose()
        {
            if (keeper._files.TryRemove(watch, out _))
            {
                keeper._watcher.Remove(watch);
                lock (file)
                {
                    file.Dispose();
                }
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The log file {Path} could not be cut")]
        public static partial void RotationFailed(ILogger logger, string path, Exception failure);
    }
}
