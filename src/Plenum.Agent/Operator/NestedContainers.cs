using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Book;
using Plenum.Agent.Containers;
using Plenum.Agent.Launching;
using Plenum.Agent.Sandboxes;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Operator;

/// <summary>
/// Containers that were asked for through the operator API: nested in another one (executors that bring
/// their own task containers) or standing alone. They are no tasks: the book does not know them. As Mesos does, a
/// restarted agent finds them with their exits, also those that stand alone; an executor that reconnects repeats its
/// WAIT (mesos.md 6.10).
/// </summary>
internal sealed partial class NestedContainers : IAsyncDisposable
{
    private readonly IContainerRuntime _runtime;
    private readonly ContainerDirector _tasks;
    private readonly ContainerRemovals _removals;
    private readonly CalledLaunches _calls;
    private readonly string _workDirectory;
    private readonly int _maximumEnded;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ContainerKey> _launching = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private Task _forgetting = Task.CompletedTask;
    private long _launches;

    public NestedContainers(
        IContainerRuntime runtime,
        ContainerDirector tasks,
        ContainerRemovals removals,
        CalledLaunches calls,
        string workDirectory,
        int maximumEnded,
        ILogger logger)
    {
        _removals = removals;
        _runtime = runtime;
        _tasks = tasks;
        _calls = calls;
        _workDirectory = workDirectory;
        _maximumEnded = maximumEnded;
        Stopping = _stopping.Token;
        _logger = logger;
    }

    /// <summary>When this agent stops: a wait cannot end here any more, its caller asks the next agent.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>Of those that run.</summary>
    public IEnumerable<ContainerKey> Running =>
        _entries.Values.Where(static entry => !entry.Exit.IsCompleted).Select(static entry => entry.Key);

    public bool Knows(ContainerKey key) => _entries.ContainsKey(key.Name);

    public bool TryExitOf(ContainerKey key, [NotNullWhen(true)] out Task<ContainerExit?>? exit)
    {
        exit = _entries.TryGetValue(key.Name, out var entry) ? entry.Exit : null;
        return exit is not null;
    }

    /// <summary>The key of a container in which something may be nested, or null.</summary>
    public ContainerKey? FindParent(ContainerID wire)
    {
        var key = ContainerKey.FromWire(wire);
        return _tasks.KeyOf(new ContainerId(key.Value)) ?? (_entries.ContainsKey(key.Name) ? key : null);
    }

    /// <summary>
    /// Before the first call: those that an earlier agent started, running or ended. Whatever is nested in something that is
    /// not there any more goes.
    /// </summary>
    public async Task AdoptAsync(IReadOnlyList<Containers.RecoveredContainer> found)
    {
        var all = found.Select(static container => container.Key).ToHashSet();
        foreach (var container in found.Where(static container => container is { IsCalled: true, SandboxDirectory: not null }))
        {
            if (container.Key.Parent is { } parent && !all.Contains(parent))
            {
                Log.Orphan(_logger, container.Key);
                await _removals.DestroyAsync(container.Key, static () => Task.CompletedTask);
                continue;
            }

            Enter(container.Key, new CalledPlace(container.SandboxDirectory!, container.User));
        }

        ForgetOldest();
    }

    /// <returns>False: it is being launched by another call.</returns>
    /// <exception cref="ContainerLaunchException">The container did not start.</exception>
    public async Task<bool> LaunchAsync(ContainerKey key, Call.Types.LaunchContainer call, AgentSnapshot snapshot, CancellationToken cancellationToken)
    {
        // Its files may take minutes to come.
        if (!_launching.TryAdd(key.Name, key))
        {
            return false;
        }

        try
        {
            await StartAsync(key, call, snapshot, cancellationToken);
        }
        finally
        {
            _launching.TryRemove(key.Name, out _);
        }

        ForgetOldest();
        return true;
    }

    private async Task StartAsync(ContainerKey key, Call.Types.LaunchContainer call, AgentSnapshot snapshot, CancellationToken cancellationToken)
    {
        var parent = key.Parent is null ? null : PlaceOf(key.Parent, snapshot);
        var sandbox = Path.Combine(parent?.Sandbox ?? _workDirectory, "containers", key.Value);
        var spec = await _calls.PrepareAsync(key, call, sandbox, parent, cancellationToken);
        try
        {
            await _runtime.LaunchAsync(spec, cancellationToken);
        }
        catch (ContainerLaunchException failure) when (failure.IsLeft)
        {
            await _removals.DestroyAsync(key, static () => Task.CompletedTask);
            throw;
        }

        Enter(key, new CalledPlace(sandbox, spec.Command.User));
        Log.Launched(_logger, key);
    }

    /// <summary>False while it runs.</summary>
    public async Task<bool> RemoveAsync(ContainerKey key)
    {
        if (!_entries.TryGetValue(key.Name, out var entry) || !entry.Exit.IsCompleted)
        {
            return false;
        }

        await RemoveAsync(entry, withSandbox: true);
        return true;
    }

    /// <summary>Ends them all: the agent leaves its cluster, and nobody would ask for them any more.</summary>
    public async Task EmptyAsync()
    {
        foreach (var entry in _entries.Values)
        {
            await _removals.DestroyAsync(entry.Key, static () => Task.CompletedTask);
        }
    }

    /// <summary>They go on without the agent.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _forgetting;
        _stopping.Dispose();
    }

    private void Enter(ContainerKey key, CalledPlace place) => _entries[key.Name] = new Entry(
        key, place, _runtime.WaitAsync(key, CancellationToken.None), Interlocked.Increment(ref _launches));

    /// <summary>
    /// What the runtime keeps of them goes too: cgroup, network and bundle. A sandbox is its parent's, which may want to read it;
    /// one that stands alone has nobody. No launch waits for it, and none fails because something old cannot be removed.
    /// </summary>
    private void ForgetOldest()
    {
        lock (_gate)
        {
            if (_entries.Count > _maximumEnded && _forgetting.IsCompleted)
            {
                _forgetting = Task.Run(ForgetOldestAsync, CancellationToken.None);
            }
        }
    }

    private async Task ForgetOldestAsync()
    {
        foreach (var entry in _entries.Values.Where(static entry => entry.Exit.IsCompleted).OrderByDescending(static entry => entry.Number)
            .Skip(_maximumEnded).ToArray())
        {
            try
            {
                await RemoveAsync(entry, withSandbox: entry.Key.Parent is null);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or TimeoutException)
            {
                // It stays known, and the next launch tries again.
                Log.NotForgotten(_logger, failure, entry.Key);
            }
        }
    }

    // Its name is free again at the very end, so that whoever takes it next finds nothing of it and loses nothing to it.
    private async Task RemoveAsync(Entry entry, bool withSandbox)
    {
        await entry.Removal.WaitAsync();
        try
        {
            if (!_entries.TryGetValue(entry.Key.Name, out var now) || now != entry)
            {
                return;
            }

            await _runtime.DestroyAsync(entry.Key);
            if (withSandbox)
            {
                TreeRemoval.Remove(entry.Place.Sandbox);
            }

            _entries.TryRemove(entry.Key.Name, out _);
        }
        finally
        {
            entry.Removal.Release();
        }
    }

    /// <summary>Whoever is nested without naming a user is its parent's: never more than that by saying less.</summary>
    private CalledPlace PlaceOf(ContainerKey key, AgentSnapshot snapshot)
    {
        if (_entries.TryGetValue(key.Name, out var entry))
        {
            return entry.Place;
        }

        foreach (var (framework, executor) in snapshot.Executors)
        {
            if (executor.Container.Value == key.Value)
            {
                // A task that is its own executor has its command.
                var command = executor is { Kind: ContainerKind.Command, Tasks: [var task, ..] } ? task.Info.Command : executor.Info.Command;
                return new CalledPlace(Path.Combine(_workDirectory, executor.Sandbox), UserOf(command, framework))
                {
                    Resources = [.. executor.Info.Resources, .. executor.Tasks.SelectMany(static task => task.Info.Resources)],
                };
            }

            if (executor.Tasks.FirstOrDefault(task => task.Container?.Value == key.Value) is { } nested)
            {
                return new CalledPlace(
                    Path.Combine(_workDirectory, executor.Sandbox, "containers", key.Value), UserOf(nested.Info.Command, framework))
                {
                    Resources = nested.Info.Resources,
                };
            }
        }

        throw new ContainerLaunchException($"The parent container {key} has ended");
    }

    private static string? UserOf(CommandInfo? command, FrameworkSnapshot framework) =>
        command?.HasUser == true ? command.User
        : framework.Info.User.Length > 0 ? framework.Info.User
        : null;

    private sealed class Entry(ContainerKey key, CalledPlace place, Task<ContainerExit?> exit, long number)
    {
        public ContainerKey Key { get; } = key;

        public CalledPlace Place { get; } = place;

        public Task<ContainerExit?> Exit { get; } = exit;

        public long Number { get; } = number;

        /// <summary>Held by who removes it. Nobody waits on its handle, so that there is nothing to dispose.</summary>
        public SemaphoreSlim Removal { get; } = new(1, 1);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Container {Container} was started through the operator API")]
        public static partial void Launched(ILogger logger, ContainerKey container);

        [LoggerMessage(3, LogLevel.Warning, "The parent of container {Container} is not there any more, and it is removed")]
        public static partial void Orphan(ILogger logger, ContainerKey container);

        [LoggerMessage(2, LogLevel.Warning, "Container {Container}, which ended long ago, could not be removed yet")]
        public static partial void NotForgotten(ILogger logger, Exception failure, ContainerKey container);
    }
}
