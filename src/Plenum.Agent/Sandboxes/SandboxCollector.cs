using Microsoft.Extensions.Logging;
using Plenum.Agent.Book;
using Plenum.Agent.Loop;
using Plenum.Http.Files;

namespace Plenum.Agent.Sandboxes;

/// <summary>
/// Removes sandboxes of what ended, by age, and sooner the fuller the disk is: Mesos' rule is
/// <c>retention × max(0, 1 − 0.1 headroom − used share)</c> (mesos.md 6.6). It reads the directories, so
/// that a restart forgets nothing.
/// </summary>
internal sealed partial class SandboxCollector : IAsyncDisposable
{
    private const double Headroom = 0.1;

    /// <summary>
    /// Younger ones stay even on a full disk: a container begins with its directory, before its task
    /// shows in any snapshot.
    /// </summary>
    private static readonly TimeSpan MinimumAge = TimeSpan.FromMinutes(1);

    private readonly AgentLoop _loop;
    private readonly AgentOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly PeriodicLook _looks;
    private long _succeeded;
    private long _failed;
    private int _pending;

    public SandboxCollector(AgentLoop loop, AgentOptions options, TimeProvider clock, ILogger logger)
    {
        _loop = loop;
        _options = options;
        _clock = clock;
        _logger = logger;
        _looks = new PeriodicLook("old sandboxes", options.SandboxCollectionInterval, LookAsync, clock, logger);
    }

    /// <summary>Sandboxes that wait for their age, as of the last look; removed; and not removable.</summary>
    public (int Pending, long Succeeded, long Failed) Removals =>
        (Volatile.Read(ref _pending), Interlocked.Read(ref _succeeded), Interlocked.Read(ref _failed));

    public void Start() => _looks.Start();

    /// <summary>One look through all sandboxes; answers how many went.</summary>
    public int Collect(AgentSnapshot snapshot)
    {
        var live = snapshot.Executors
            .Where(static pair => pair.Executor.State != ExecutorState.Terminated || pair.Executor.Tasks.Count > 0)
            .Select(static pair => pair.Executor.Container.Value)
            .ToHashSet(StringComparer.Ordinal);
        var oldest = _clock.GetUtcNow() - AllowedAge();
        var (removed, pending) = (0, 0);
        foreach (var run in Runs())
        {
            if (live.Contains(Path.GetFileName(run)) || FileStatus.Of(run) is not { IsDirectory: true } status)
            {
                continue;
            }

            if (status.Modified < oldest && Remove(run))
            {
                removed++;
            }
            else
            {
                pending++;
            }
        }

        Volatile.Write(ref _pending, pending);
        return removed;
    }

    public ValueTask DisposeAsync() => _looks.DisposeAsync();

    private async Task LookAsync(CancellationToken stopping)
    {
        var removed = Collect(await _loop.SnapshotAsync(stopping));
        if (removed > 0)
        {
            Log.Collected(_logger, removed);
        }
    }

    /// <summary>How old a sandbox may get with the disk as full as it is.</summary>
    public TimeSpan AllowedAge()
    {
        var drive = new DriveInfo(_options.WorkDirectory);
        var used = 1.0 - ((double)drive.AvailableFreeSpace / Math.Max(1, drive.TotalSize));
        var age = _options.SandboxRetention * Math.Max(0, 1.0 - Headroom - used);
        return age > MinimumAge ? age : MinimumAge;
    }

    private IEnumerable<string> Runs()
    {
        var slaves = Path.Combine(_options.WorkDirectory, "slaves");
        return Directory.Exists(slaves)
            ? Sub(slaves)
                .SelectMany(static agent => Sub(Path.Combine(agent, "frameworks")))
                .SelectMany(static framework => Sub(Path.Combine(framework, "executors")))
                .SelectMany(static executor => Sub(Path.Combine(executor, "runs")))
                .ToArray()
            : [];
    }

    private static IEnumerable<string> Sub(string directory) =>
        Directory.Exists(directory) ? Directory.EnumerateDirectories(directory) : [];

    private bool Remove(string run)
    {
        try
        {
            TreeRemoval.Remove(run);
            RemoveEmptied(run);
            Interlocked.Increment(ref _succeeded);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Interlocked.Increment(ref _failed);
            Log.NotRemoved(_logger, exception, run);
            return false;
        }
    }

    // The executor's and the framework's directory go with their last run.
    private static void RemoveEmptied(string run)
    {
        var runs = Path.GetDirectoryName(run)!;
        if (!Directory.EnumerateDirectories(runs).Any(static entry => new DirectoryInfo(entry).LinkTarget is null))
        {
            var executor = Path.GetDirectoryName(runs)!;
            TreeRemoval.Remove(executor);
            var executors = Path.GetDirectoryName(executor)!;
            if (!Directory.EnumerateFileSystemEntries(executors).Any())
            {
                TreeRemoval.Remove(Path.GetDirectoryName(executors)!);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Count} old sandboxes removed")]
        public static partial void Collected(ILogger logger, int count);

        [LoggerMessage(2, LogLevel.Warning, "Sandbox {Path} could not be removed")]
        public static partial void NotRemoved(ILogger logger, Exception exception, string path);
    }
}
