using System.Collections.Concurrent;
using System.Globalization;
using Plenum.Agent.Native;

namespace Plenum.Agent.Containers.Cgroups;

/// <summary>
/// Hears of the kernel's out-of-memory killer when it comes, not when the container ends: one that loses only a child goes on, and
/// Mesos ends such a container. Version 1 raises an eventfd, version 2 tells inotify.
/// </summary>
internal sealed class MemoryWatch(CgroupHost host, ProcessWatcher watcher) : IDisposable
{
    private readonly ConcurrentDictionary<int, Action> _unified = new();
    private readonly Lock _gate = new();
    private ModificationWatcher? _files;

    /// <summary>
    /// Calls back, on a thread that must not be held up, when the cgroup's own limit was met, maybe more than once. To be
    /// disposed of before the cgroup's container is forgotten.
    /// </summary>
    /// <exception cref="NativeException">The machine has no descriptors or watches left.</exception>
    public IDisposable? Start(string path, Action<OutOfMemory> exceeded)
    {
        var cgroup = new Cgroup(host, path);
        if (host.PathOf("memory", path) is not { } directory)
        {
            return null;
        }

        return host.IsUnified ? StartUnified(directory, Look) : StartSeparate(directory, Look);

        void Look()
        {
            if (cgroup.LimitMet() is { } memory)
            {
                exceeded(memory);
            }
        }
    }

    public void Dispose() => _files?.Dispose();

    private IDisposable StartSeparate(string directory, Action look)
    {
        var counter = new OwnedFd(LibC.EventCounter(0, LibC.OpenCloseOnExec));
        NativeException.ThrowIfFailed(counter.IsInvalid ? -1 : 0, "watch memory");
        try
        {
            using var control = OwnedFd.Open(System.IO.Path.Join(directory, "memory.oom_control"), LibC.OpenReadOnly);
            File.WriteAllText(
                System.IO.Path.Join(directory, "cgroup.event_control"),
                string.Create(CultureInfo.InvariantCulture, $"{counter.Number} {control.Number}"));
            return watcher.WatchCounter(counter, look);
        }
        catch
        {
            counter.Dispose();
            throw;
        }
    }

    private IDisposable StartUnified(string directory, Action look)
    {
        lock (_gate)
        {
            _files ??= new ModificationWatcher("memory events", Changed);
        }

        using var events = OwnedFd.Open(System.IO.Path.Join(directory, "memory.events"), LibC.OpenReadOnly);
        var watch = _files.Add(events.Number, "watch memory");
        _unified[watch] = look;
        return new FileWatch(this, watch);
    }

    private void Changed(IReadOnlySet<int>? watches)
    {
        foreach (var (watch, look) in _unified)
        {
            if (watches is null || watches.Contains(watch))
            {
                look();
            }
        }
    }

    private sealed class FileWatch(MemoryWatch owner, int watch) : IDisposable
    {
        public void Dispose()
        {
            if (owner._unified.TryRemove(watch, out _))
            {
                owner._files?.Remove(watch);
            }
        }
    }
}
