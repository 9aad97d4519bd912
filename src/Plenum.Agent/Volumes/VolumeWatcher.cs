using Microsoft.Extensions.Logging;
using Plenum.Agent.Loop;

namespace Plenum.Agent.Volumes;

/// <summary>
/// Looks whether persistent volumes are where they were. One that is not is named in the log, once, and counted in
/// /metrics/snapshot; its tasks are refused by whoever launches them. Nothing is ever made again here.
/// </summary>
internal sealed partial class VolumeWatcher : IAsyncDisposable
{
    private readonly AgentLoop _loop;
    private readonly string _workDirectory;
    private readonly ILogger _logger;
    private readonly PeriodicLook _looks;

    // By place: of one id there may be volumes in several roles. The last look's, and of them those that were told.
    private Dictionary<string, string> _seen = [];
    private Dictionary<string, string> _told = [];

    public VolumeWatcher(AgentLoop loop, string workDirectory, TimeSpan interval, TimeProvider clock, ILogger logger)
    {
        _loop = loop;
        _workDirectory = workDirectory;
        _logger = logger;
        _looks = new PeriodicLook("persistent volumes", interval, stopping => LookAsync(first: false, stopping), clock, logger);
    }

    /// <summary>Volumes that are not where they were.</summary>
    public int Missing => Volatile.Read(ref _told).Count;

    /// <summary>Looks at once, and from then on from time to time.</summary>
    public async Task StartAsync(CancellationToken stopping)
    {
        await LookAsync(first: true, stopping);
        _looks.Start();
    }

    public ValueTask DisposeAsync() => _looks.DisposeAsync();

    private async Task LookAsync(bool first, CancellationToken stopping)
    {
        var found = new Dictionary<string, string>();
        var told = new Dictionary<string, string>();
        foreach (var volume in (await _loop.SnapshotAsync(stopping)).Total.PersistentVolumes.ToWire())
        {
            if (VolumePlace.Of(_workDirectory, volume) is not { } place || place.Problem() is not { } problem || !found.TryAdd(place.Path, problem))
            {
                continue;
            }

            // A volume counts before its directory is made and until after it is removed: one look alone may fall between.
            if (!first && !_seen.ContainsKey(place.Path))
            {
                continue;
            }

            told.Add(place.Path, problem);
            if (_told.GetValueOrDefault(place.Path) != problem)
            {
                Log.Missing(_logger, volume.Disk.Persistence.Id, problem);
            }
        }

        foreach (var path in _told.Keys.Where(path => !found.ContainsKey(path)))
        {
            Log.Here(_logger, path);
        }

        _seen = found;
        Volatile.Write(ref _told, told);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The persistent volume {Volume} is not here: {Problem}. Bring the disk back, or destroy the volume")]
        public static partial void Missing(ILogger logger, string volume, string problem);

        [LoggerMessage(2, LogLevel.Information, "The persistent volume at {Path} is here again, or was destroyed")]
        public static partial void Here(ILogger logger, string path);
    }
}
