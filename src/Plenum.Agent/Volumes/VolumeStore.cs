using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Book;
using Plenum.Agent.Checkpointing;
using Plenum.Agent.Disks;
using Plenum.Agent.Loop;
using Plenum.Agent.Sandboxes;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Volumes;

/// <summary>
/// The directories of persistent volumes: made and removed by operations only, one after the other, and
/// never made again because they are missing. Launches wait for what was asked before them.
/// </summary>
internal sealed partial class VolumeStore : IAsyncDisposable
{
    /// <summary>Removed volumes wait here, on their own disk, until their files are deleted.</summary>
    private const string Removed = "removed";

    private const UnixFileMode VolumeMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly string _workDirectory;
    private readonly AgentLoop _loop;
    private readonly DiskPools _disks;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private Task _changes = Task.CompletedTask;
    private Task _cleaning = Task.CompletedTask;

    public VolumeStore(string workDirectory, AgentLoop loop, DiskPools disks, ILogger logger)
    {
        _workDirectory = workDirectory;
        _loop = loop;
        _disks = disks;
        _logger = logger;
        Clean(Path.Combine(workDirectory, VolumePlace.Volumes, Removed));
    }

    /// <summary>What an earlier agent removed from the agent's other disks and did not get to delete.</summary>
    public void CleanDisks(IEnumerable<Resource> resources)
    {
        foreach (var directory in resources.Select(resource => VolumePlace.DirectoryOf(_workDirectory, resource)).OfType<string>().Distinct())
        {
            Clean(Path.Combine(directory, Removed));
        }
    }

    /// <summary>Completes when all changes asked for so far are through.</summary>
    public Task Settled
    {
        get
        {
            lock (_gate)
            {
                return _changes;
            }
        }
    }

    public void Make(ByteString operation, IReadOnlyList<Resource> volumes) =>
        Change(operation, () => Task.FromResult(Make(volumes)));

    public void Remove(ByteString operation, IReadOnlyList<Resource> volumes) =>
        Change(operation, () => RemoveAsync(volumes));

    public async ValueTask DisposeAsync()
    {
        await Settled;
        await _cleaning;
    }

    private void Change(ByteString operation, Func<Task<string?>> change)
    {
        lock (_gate)
        {
            _changes = ChangeAsync(_changes, operation, change);
        }
    }

    private async Task ChangeAsync(Task before, ByteString operation, Func<Task<string?>> change)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.SuppressThrowing);
        var problem = await TryAsync(change);
        await _loop.PostAsync(new AgentCommand.VolumesChanged(operation, problem));
    }

    private async Task<string?> TryAsync(Func<Task<string?>> change)
    {
        string? problem;
        try
        {
            problem = await change();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problem = exception.Message;
        }
        catch (Exception exception)
        {
            // It fails this operation and no other: those after it, and the tasks that wait for them, have their turn.
            Log.Unexpected(_logger, exception);
            return exception.Message;
        }

        if (problem is not null)
        {
            Log.NotChanged(_logger, problem);
        }

        return problem;
    }

    private string? Make(IReadOnlyList<Resource> volumes)
    {
        foreach (var volume in volumes)
        {
            if (VolumePlace.IsBlock(volume))
            {
                // A new disk reads as zeros, and so does one whose volume was destroyed.
                if (_disks.DeviceOf(volume) is null)
                {
                    return $"The persistent volume '{volume.Disk.Persistence.Id}' cannot be had: its disk is not here";
                }

                continue;
            }

            if (PlaceOf(volume, out var problem) is not { } place)
            {
                return problem;
            }

            if (Directory.Exists(place.Path))
            {
                continue;
            }

            Directory.CreateDirectory(place.Path, VolumeMode);
            for (var made = place.Path; made.Length > (place.Disk ?? _workDirectory).Length; made = Path.GetDirectoryName(made)!)
            {
                DirectorySync.Flush(Path.GetDirectoryName(made)!);
            }
        }

        return null;
    }

    private async Task<string?> RemoveAsync(IReadOnlyList<Resource> volumes)
    {
        foreach (var volume in volumes)
        {
            if (VolumePlace.IsBlock(volume))
            {
                if (await _disks.EmptyAsync(volume) is { } notEmptied)
                {
                    return notEmptied;
                }

                continue;
            }

            if (PlaceOf(volume, out var problem) is not { } place)
            {
                return problem;
            }

            Log.Removing(_logger, volume.Disk.Persistence.Id, place.Path);
            if (place.IsWholeDisk)
            {
                // The disk stays; a volume that is made on it later must be empty when its task starts.
                TreeRemoval.Empty(place.Path);
            }
            else if (Directory.Exists(place.Path))
            {
                PutAside(place);
            }
        }

        return null;
    }

    private VolumePlace? PlaceOf(Resource volume, out string? problem)
    {
        var place = VolumePlace.Of(_workDirectory, volume);
        var why = place is null ? "its disk is of a kind that this agent does not have" : place.DiskProblem();
        problem = why is null ? null : $"The persistent volume '{volume.Disk.Persistence.Id}' cannot be had: {why}";
        return problem is null ? place : null;
    }

    // In one step, so that the volume is whole or gone; millions of files take their time afterwards.
    private void PutAside(VolumePlace place)
    {
        var trash = Path.Combine(place.Disk ?? _workDirectory, VolumePlace.Volumes, Removed);
        Directory.CreateDirectory(trash);
        Directory.Move(place.Path, Path.Combine(trash, Guid.NewGuid().ToString("N")));
        DirectorySync.Flush(Path.GetDirectoryName(place.Path)!);
        Clean(trash);
    }

    private void Clean(string trash)
    {
        lock (_gate)
        {
            _cleaning = CleanAsync(_cleaning, trash);
        }
    }

    private async Task CleanAsync(Task before, string trash)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            TreeRemoval.Remove(trash);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Tried again with the next volume, and at the next start.
            Log.NotCleaned(_logger, exception, trash);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The volume {Volume} was destroyed by the master's order: removing {Path}")]
        public static partial void Removing(ILogger logger, string volume, string path);

        [LoggerMessage(2, LogLevel.Error, "Persistent volumes were not changed: {Problem}")]
        public static partial void NotChanged(ILogger logger, string problem);

        [LoggerMessage(3, LogLevel.Warning, "The files of removed volumes in {Trash} could not be deleted yet")]
        public static partial void NotCleaned(ILogger logger, Exception exception, string trash);

        [LoggerMessage(4, LogLevel.Error, "Persistent volumes were not changed")]
        public static partial void Unexpected(ILogger logger, Exception exception);
    }
}
