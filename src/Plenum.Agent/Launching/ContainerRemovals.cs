using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Containers;
using Plenum.Agent.Loop;

namespace Plenum.Agent.Launching;

/// <summary>
/// Destroys containers, again and again where it fails: a process that hangs at a disk, or a mount that something holds,
/// costs its place only as long as it lasts. What is left when the agent stops its next start finds.
/// </summary>
internal sealed partial class ContainerRemovals : IAsyncDisposable
{
    private readonly IContainerRuntime _runtime;
    private readonly ILogger _logger;
    private readonly Repetition<ContainerKey> _again;
    private readonly ConcurrentDictionary<ContainerKey, Func<Task>> _after = new();
    private long _errors;

    public ContainerRemovals(IContainerRuntime runtime, TimeProvider time, ILogger logger)
    {
        _runtime = runtime;
        _logger = logger;
        _again = new Repetition<ContainerKey>(RepeatAsync, time, logger);
    }

    /// <summary>Tries that failed.</summary>
    public long Errors => Interlocked.Read(ref _errors);

    /// <summary>Containers that are to be gone and are not yet.</summary>
    public int Left => _again.Count;

    /// <param name="key">What goes, with all that is nested in it.</param>
    /// <param name="after">What follows when it is gone, which may be later.</param>
    /// <returns>False: the first try failed.</returns>
    public async Task<bool> DestroyAsync(ContainerKey key, Func<Task> after)
    {
        if (await TryAsync(key))
        {
            await after();
            return true;
        }

        _after[key] = after;
        if (!_again.Add(key))
        {
            _after.TryRemove(key, out _);
            Log.GivenUp(_logger, key);
        }

        return false;
    }

    public ValueTask DisposeAsync() => _again.DisposeAsync();

    private async Task<bool> RepeatAsync(ContainerKey key)
    {
        if (!await TryAsync(key))
        {
            return false;
        }

        if (_after.TryRemove(key, out var after))
        {
            await after();
        }

        return true;
    }

    [SuppressMessage("Design", "CA1031", Justification = "The edge of one destruction: it is logged, counted and tried again.")]
    private async Task<bool> TryAsync(ContainerKey key)
    {
        try
        {
            await _runtime.DestroyAsync(key);
            return true;
        }
        catch (Exception failure)
        {
            Interlocked.Increment(ref _errors);
            Log.NotDestroyed(_logger, failure, key);
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Container {Container} could not be destroyed; that is tried again")]
        public static partial void NotDestroyed(ILogger logger, Exception failure, ContainerKey container);

        [LoggerMessage(2, LogLevel.Error, "Container {Container} stays until the agent's next start: too many others cannot be destroyed, or the agent stops")]
        public static partial void GivenUp(ILogger logger, ContainerKey container);
    }
}
