using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Book;
using Plenum.Agent.Loop;
using Plenum.Agent.Sandboxes;
using Plenum.Protocol.V1;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Limits;

/// <summary>
/// Measures what containers have on disk and, where the operator wants it, ends those that have more than their quota. What
/// there is to measure is asked of the book each time, so that a restart of the agent forgets nothing.
/// </summary>
internal sealed partial class DiskWatcher : IAsyncDisposable
{
    /// <summary>Trees that are read at once: enough that one with millions of files does not keep all others waiting.</summary>
    private const int MaxWalks = 4;

    /// <summary>Entries between two rests: some milliseconds of a core.</summary>
    private const int PieceEntries = 2_000;

    private static readonly TimeSpan LeastRest = TimeSpan.FromMilliseconds(1);

    private readonly AgentLoop _loop;
    private readonly SandboxLayout _sandboxes;
    private readonly string _workDirectory;
    private readonly LimitOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _turns = new(MaxWalks);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<string, Task> _walks = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _used = new(StringComparer.Ordinal);
    private ILookup<ContainerId, DiskTarget> _targets = Array.Empty<DiskTarget>().ToLookup(static target => target.Container);
    private readonly PeriodicLook _looks;

    public DiskWatcher(
        AgentLoop loop, SandboxLayout sandboxes, string workDirectory, LimitOptions options, TimeProvider clock, ILogger logger)
    {
        _loop = loop;
        _sandboxes = sandboxes;
        _workDirectory = workDirectory;
        _options = options;
        _clock = clock;
        _logger = logger;
        _looks = new PeriodicLook("what containers have on disk", options.DiskWatchInterval, async _ => Look(await TargetsAsync()), clock, logger);
    }

    public void Start() => _looks.Start();

    /// <summary>Adds what is known of a container's disk: limits, and what the last look found.</summary>
    public ResourceStatistics? Describe(string container, ResourceStatistics? statistics)
    {
        if (statistics is null)
        {
            return null;
        }

        foreach (var target in Volatile.Read(ref _targets)[new ContainerId(container)])
        {
            var disk = new DiskStatistics { LimitBytes = (ulong)target.LimitBytes };
            if (_used.TryGetValue(target.Path, out var used))
            {
                disk.UsedBytes = (ulong)used;
            }

            if (target.Volume is { } volume)
            {
                disk.Persistence = volume.Persistence;
                disk.Source = volume.Source;
            }
            else
            {
                statistics.DiskLimitBytes = disk.LimitBytes;
                if (disk.HasUsedBytes)
                {
                    statistics.DiskUsedBytes = disk.UsedBytes;
                }
            }

            statistics.DiskStatistics.Add(disk);
        }

        return statistics;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _looks.DisposeAsync();
        await Task.WhenAll(_walks.Values);
        _stopping.Dispose();
        _turns.Dispose();
    }

    private async Task<DiskTarget[]> TargetsAsync() =>
        [.. DiskTargets.Of(await _loop.SnapshotAsync(_stopping.Token), _sandboxes, _workDirectory)];

    private void Look(DiskTarget[] targets)
    {
        Volatile.Write(ref _targets, targets.ToLookup(static target => target.Container));
        var paths = targets.Select(static target => target.Path).ToHashSet(StringComparer.Ordinal);
        foreach (var gone in _used.Keys.Where(path => !paths.Contains(path)))
        {
            _used.TryRemove(gone, out _);
        }

        foreach (var (path, _) in _walks.Where(walk => walk.Value.IsCompleted && !paths.Contains(walk.Key)).ToArray())
        {
            _walks.Remove(path);
        }

        // A volume that several use is read once for all; a tree that is still being read is not begun again.
        foreach (var target in targets.DistinctBy(static target => target.Path))
        {
            if (!_walks.TryGetValue(target.Path, out var walk) || walk.IsCompleted)
            {
                _walks[target.Path] = Task.Run(() => MeasureAsync(target));
            }
        }
    }

    private async Task MeasureAsync(DiskTarget target)
    {
        try
        {
            var used = await WalkAsync(target);
            _used[target.Path] = used;
            if (_options.EnforceDiskQuota && used > target.LimitBytes)
            {
                await JudgeAsync(target.Path, used);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            Log.BrokenOff(_logger, target.Path);
        }
        catch (Exception failure)
        {
            // The edge of one measurement: the next look tries again.
            Log.NotMeasured(_logger, failure, target.Path);
        }
    }

    private async Task<long> WalkAsync(DiskTarget target)
    {
        await _turns.WaitAsync(_stopping.Token);
        try
        {
            using var tree = new DiskTree(target.Path, target.Left);
            var began = Stopwatch.GetTimestamp();
            while (tree.Advance(PieceEntries))
            {
                // As long a rest as the piece took: half a core at most, and other work of the pool goes first.
                var rest = Stopwatch.GetElapsedTime(began);
                await Task.Delay(rest > LeastRest ? rest : LeastRest, _clock, _stopping.Token);
                began = Stopwatch.GetTimestamp();
            }

            if (tree.IsTooDeep)
            {
                Log.TooDeep(_logger, target.Path);
            }

            return tree.Bytes;
        }
        finally
        {
            _turns.Release();
        }
    }

    // Against the quotas of now: a pod may have got or lost tasks while its sandbox was read.
    private async Task JudgeAsync(string path, long used)
    {
        foreach (var target in (await TargetsAsync()).Where(target => target.Path == path && used > target.LimitBytes))
        {
            var what = target.Volume is { } volume ? $"The persistent volume '{volume.Persistence.Id}'" : "The sandbox";
            var message = $"Disk limit exceeded: {what} takes {Megabytes(used)}, its quota is {Megabytes(target.LimitBytes)}";
            Log.Exceeded(_logger, target.Container.Value, message);
            await _loop.PostAsync(new AgentCommand.ContainerLimited(
                target.Container, new ContainerLimitation(Reason.ContainerLimitationDisk, message, target.Quota)));
        }
    }

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1_048_576.0:0.##}MB");

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Container {Container} is ended: {Message}")]
        public static partial void Exceeded(ILogger logger, string container, string message);

        [LoggerMessage(2, LogLevel.Warning, "{Path} has directories deeper than are counted: it takes more disk than is reported")]
        public static partial void TooDeep(ILogger logger, string path);

        [LoggerMessage(3, LogLevel.Warning, "The disk use of {Path} could not be measured")]
        public static partial void NotMeasured(ILogger logger, Exception failure, string path);

        [LoggerMessage(4, LogLevel.Debug, "Measuring {Path} was broken off: the agent stops")]
        public static partial void BrokenOff(ILogger logger, string path);
    }
}
