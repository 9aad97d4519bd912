using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Book;
using Plenum.Agent.Book.Endings;
using Plenum.Agent.Containers;
using Plenum.Agent.Fetching;
using Plenum.Agent.Graphics;
using Plenum.Agent.Limits;
using Plenum.Agent.Loop;
using Plenum.Agent.Providers;
using Plenum.Agent.Sandboxes;
using Plenum.Agent.Secrets;
using Plenum.Agent.Volumes;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Launching;

/// <summary>
/// Carries out what the book wants of containers. Of one container everything happens in the order in
/// which the book said it; of different ones side by side.
/// </summary>
internal sealed partial class ContainerDirector : IAsyncDisposable
{
    private readonly AgentLoop _loop;
    private readonly IContainerRuntime _runtime;
    private readonly ContainerSpecs _specs;
    private readonly LaunchSecrets _secrets;
    private readonly SandboxLayout _sandboxes;
    private readonly LaunchGuard _guard;
    private readonly Fetcher _fetcher;
    private readonly VolumeStore _volumes;
    private readonly GraphicsDevices _graphics;
    private readonly ResourcePublisher _publisher;
    private readonly ContainerRemovals _removals;
    private readonly AgentEndpoint _endpoint;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<ContainerId, Slot> _slots = new();

    public ContainerDirector(
        AgentLoop loop,
        IContainerRuntime runtime,
        ContainerSpecs specs,
        LaunchSecrets secrets,
        SandboxLayout sandboxes,
        LaunchGuard guard,
        Fetcher fetcher,
        VolumeStore volumes,
        GraphicsDevices graphics,
        ResourcePublisher publisher,
        ContainerRemovals removals,
        AgentEndpoint endpoint,
        ILogger logger)
    {
        _loop = loop;
        _runtime = runtime;
        _specs = specs;
        _secrets = secrets;
        _sandboxes = sandboxes;
        _guard = guard;
        _fetcher = fetcher;
        _volumes = volumes;
        _graphics = graphics;
        _publisher = publisher;
        _removals = removals;
        _endpoint = endpoint;
        _logger = logger;
    }

    /// <summary>Containers that the book asked for and that are not destroyed yet.</summary>
    public IEnumerable<ContainerKey> Known => _slots.Values.Select(static slot => slot.Key);

    /// <summary>What is being done to containers now, where it takes time.</summary>
    public IEnumerable<(ContainerKey Container, string Operation)> Pending =>
        _slots.Values.Select(static slot => (slot.Key, slot.Doing)).Where(static step => step.Doing is not null)!;

    public ContainerKey? KeyOf(ContainerId container) => _slots.TryGetValue(container, out var slot) ? slot.Key : null;

    /// <summary>Before the book starts: containers that an earlier agent left.</summary>
    public void Adopt(IEnumerable<Containers.RecoveredContainer> found)
    {
        foreach (var container in found)
        {
            var slot = new Slot(container.Key, container.SandboxDirectory);
            _slots[new ContainerId(container.Key.Value)] = slot;
            _graphics.Restore(container.Key, container.GraphicsDevices);
            if (container.Exit is null && container.Quarantined is null)
            {
                slot.Watch = WatchAsync(slot);
            }
            else
            {
                MarkEnd(slot);
            }
        }
    }

    public void Launch(ContainerLaunch launch)
    {
        var parent = launch.Parent is { } above ? KeyOf(above) ?? new ContainerKey(above.Value) : null;
        var slot = new Slot(new ContainerKey(launch.Container.Value, parent), _sandboxes.PathOf(launch.Sandbox));
        _slots[launch.Container] = slot;

        // Volumes whose making the book asked for before this launch, and what it asked for its holder before: a pod is
        // widened for the tasks that come, and on cgroup version 1 the kernel refuses a quota above the parent's.
        var volumes = _volumes.Settled;
        var holder = launch.Parent is { } outer && _slots.TryGetValue(outer, out var found) ? found.Idle : Task.CompletedTask;
        slot.Then("launch", async () =>
        {
            await volumes;
            await holder;
            await LaunchAsync(slot, launch);
        });
    }

    public void Signal(ContainerId container, int signal)
    {
        if (_slots.TryGetValue(container, out var slot))
        {
            slot.Then("kill", () =>
            {
                if (!_runtime.Signal(slot.Key, signal))
                {
                    Log.NothingToSignal(_logger, slot.Key, signal);
                }

                return Task.CompletedTask;
            });
        }
    }

    public void Destroy(ContainerId container)
    {
        if (_slots.TryGetValue(container, out var slot))
        {
            slot.Abort.Cancel();
            slot.Then("destroy", () => DestroyAsync(container, slot));
        }
    }

    public void UpdateLimits(ContainerId container, IReadOnlyList<Resource> resources, IReadOnlyDictionary<string, double> limits)
    {
        if (_slots.TryGetValue(container, out var slot))
        {
            slot.Then("update", () => UpdateLimitsAsync(slot, resources, limits));
        }
    }

    /// <summary>Completes when everything that was asked so far is done; used when the agent leaves.</summary>
    public Task EmptyAsync() => Task.WhenAll(_slots.Values.Select(static slot => slot.Idle));

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_slots.Values.Select(static slot => slot.Idle));
        await Task.WhenAll(_slots.Values.Select(static slot => slot.Watch));
        _stopping.Dispose();
    }

    [SuppressMessage("Design", "CA1031", Justification = "The edge of one launch: whatever failed, its task is told.")]
    private async Task LaunchAsync(Slot slot, ContainerLaunch launch)
    {
        using var abort = CancellationTokenSource.CreateLinkedTokenSource(slot.Abort.Token, _stopping.Token);
        string reason;
        var isLeft = false;
        try
        {
            var started = await StartAsync(slot.Key, launch, abort.Token);
            await _loop.PostAsync(new AgentCommand.ContainerStarted(launch.Container, started.Pid, NetworksOf(started.Network)));
            slot.Watch = WatchAsync(slot);
            return;
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The agent goes down. At its next start the checkpoint says that this never ran.
            return;
        }
        catch (OperationCanceledException)
        {
            reason = "The launch was given up";
        }
        catch (Exception exception) when (exception is ContainerLaunchException or FetchException or IOException or UnauthorizedAccessException)
        {
            reason = exception.Message;
            isLeft = exception is ContainerLaunchException { IsLeft: true };
        }
        catch (Exception exception)
        {
            Log.LaunchBroke(_logger, exception, slot.Key);
            reason = $"The agent failed to start the container: {exception.Message}";
        }

        Log.NotLaunched(_logger, slot.Key, reason);
        if (isLeft)
        {
            await DestroyAsync(launch.Container, slot);
        }
        else
        {
            Forget(launch.Container, slot);
        }

        await _loop.PostAsync(new AgentCommand.ContainerLaunchFailed(launch.Container, reason));
    }

    private async Task<ContainerStart> StartAsync(ContainerKey key, ContainerLaunch launch, CancellationToken cancellationToken)
    {
        // 1. Room for it.
        _guard.Check();

        // 2. What programs bring for it; its sandbox and what belongs into it.
        await _publisher.PublishAsync(launch.Resources, cancellationToken);
        var sandbox = _sandboxes.Create(launch);
        var revealed = await _secrets.ResolveAsync(launch, cancellationToken);
        var spec = _specs.Build(revealed, key, sandbox, key.Parent is null ? null : _runtime.NetworkOf(key.Parent));
        var uris = (launch.Task is null ? launch.Executor.Command : launch.Task.Command)?.Uris;
        if (uris is { Count: > 0 })
        {
            // A pod's task may take what it asked for and what its pod has beside: the other tasks' disk is theirs.
            var quota = DiskTargets.SandboxBytes(key.Parent is null ? launch.Resources : launch.Resources.Concat(launch.Executor.Resources));
            await _fetcher.FetchAsync(uris, sandbox, spec.Command.User, quota, cancellationToken);
        }

        PortGuard.Check(spec, launch.Resources, key.Parent is null ? null : _runtime.NetworkOf(key.Parent));

        // 3. The container. GPUs last: until here the one before may have them.
        spec = await _graphics.EquipAsync(spec, launch.Resources, cancellationToken);
        return await _runtime.LaunchAsync(spec, cancellationToken);
    }

    private async Task WatchAsync(Slot slot)
    {
        try
        {
            if (await _runtime.WaitOutOfMemoryAsync(slot.Key, _stopping.Token) is { } memory)
            {
                await _loop.PostAsync(new AgentCommand.ContainerLimited(
                    new ContainerId(slot.Key.Value), MemoryLimitation.Of(memory.LimitBytes, memory.PeakBytes)));
            }

            var exit = await _runtime.WaitAsync(slot.Key, _stopping.Token);
            MarkEnd(slot);
            await _loop.PostAsync(new AgentCommand.ContainerExited(
                new ContainerId(slot.Key.Value),
                exit is null
                    ? new ContainerEnd(Status: null, Message: "The container is not known any more")
                    : EndOf(exit)));
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            Log.Unwatched(_logger, slot.Key);
        }
    }

    private void MarkEnd(Slot slot)
    {
        try
        {
            if (slot.Sandbox is { } sandbox)
            {
                _sandboxes.Ended(sandbox);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.EndNotMarked(_logger, exception, slot.Key);
        }
    }

    private Task DestroyAsync(ContainerId container, Slot slot) => _removals.DestroyAsync(slot.Key, async () =>
    {
        // Its exit is reported before it is forgotten.
        await slot.Watch;
        Forget(container, slot);
    });

    private void Forget(ContainerId container, Slot slot)
    {
        _graphics.Return(slot.Key);
        _slots.TryRemove(KeyValuePair.Create(container, slot));
    }

    [SuppressMessage("Design", "CA1031", Justification = "The container goes on with its old limits; that is logged.")]
    private async Task UpdateLimitsAsync(Slot slot, IReadOnlyList<Resource> resources, IReadOnlyDictionary<string, double> limits)
    {
        try
        {
            await _runtime.UpdateLimitsAsync(slot.Key, ContainerSpecs.LimitsOf(resources, limits), _stopping.Token);
        }
        catch (Exception exception)
        {
            Log.LimitsKept(_logger, exception, slot.Key);
        }
    }

    public static ContainerEnd EndOf(ContainerExit exit) => new(
        exit.WaitStatus,
        exit.OutOfMemory is not null,
        exit.OutOfMemory?.LimitBytes,
        exit.OutOfMemory?.PeakBytes,
        exit.Reason);

    /// <summary>What statuses say of a container's network: its own addresses, or the agent's where it shares them.</summary>
    public IReadOnlyList<NetworkInfo> NetworksOf(ContainerNetwork network) => network.IsHost
        ? [new NetworkInfo { IpAddresses = { new NetworkInfo.Types.IPAddress { IpAddress = _endpoint.Ip } } }]
        : network.Networks;

    /// <summary>The same by the container's name; nothing of one that does not run.</summary>
    public IReadOnlyList<NetworkInfo> NetworksOf(ContainerKey key) => _runtime.NetworkOf(key) is { } network ? NetworksOf(network) : [];

    /// <summary>What is under way for one container: a chain in which each step waits for the one before.</summary>
    private sealed class Slot(ContainerKey key, string? sandbox)
    {
        private readonly Lock _gate = new();

        public ContainerKey Key { get; } = key;

        /// <summary>Absolute; null: its record was unreadable.</summary>
        public string? Sandbox { get; } = sandbox;

        public CancellationTokenSource Abort { get; } = new();

        public Task Idle { get; private set; } = Task.CompletedTask;

        public Task Watch { get; set; } = Task.CompletedTask;

        /// <summary>The step that runs now, in a word; null between steps.</summary>
        public string? Doing { get; private set; }

        public void Then(string operation, Func<Task> step)
        {
            lock (_gate)
            {
                Idle = RunAsync(Idle, operation, step);
            }
        }

        private async Task RunAsync(Task before, string operation, Func<Task> step)
        {
            await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            Doing = operation;
            try
            {
                await step();
            }
            finally
            {
                Doing = null;
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Container {Container} was not started: {Reason}")]
        public static partial void NotLaunched(ILogger logger, ContainerKey container, string reason);

        [LoggerMessage(2, LogLevel.Error, "Starting container {Container} broke")]
        public static partial void LaunchBroke(ILogger logger, Exception exception, ContainerKey container);

        [LoggerMessage(3, LogLevel.Debug, "Container {Container} had ended when signal {Signal} came")]
        public static partial void NothingToSignal(ILogger logger, ContainerKey container, int signal);

        [LoggerMessage(5, LogLevel.Warning, "Container {Container} keeps its old limits")]
        public static partial void LimitsKept(ILogger logger, Exception exception, ContainerKey container);

        [LoggerMessage(7, LogLevel.Warning, "The sandbox of container {Container} may be collected too early: its end could not be noted")]
        public static partial void EndNotMarked(ILogger logger, Exception exception, ContainerKey container);

        [LoggerMessage(6, LogLevel.Debug, "Container {Container} lives on unwatched while the agent is down")]
        public static partial void Unwatched(ILogger logger, ContainerKey container);
    }
}
