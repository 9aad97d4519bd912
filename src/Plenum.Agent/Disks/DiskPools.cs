using System.Collections.Concurrent;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Book;
using Plenum.Agent.Book.Providers;
using Plenum.Agent.Loop;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Disks;

/// <summary>
/// The disks of the agent's storage pools. The book says which there are; what else lies in a pool is a disk whose making
/// or removal was cut off, and is removed at the start.
/// </summary>
/// <param name="minimumFreeBytes">Space of the machine that no disk may take: the least with which the agent starts containers.</param>
/// <param name="logger">Where problems go.</param>
internal sealed partial class DiskPools(long minimumFreeBytes, ILogger logger) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, DiskOrder> _blocks = new(StringComparer.Ordinal);
    private AgentLoop? _loop;
    private Task _changes = Task.CompletedTask;

    /// <summary>Before the book starts: everything is where its resources say.</summary>
    public async Task RestoreAsync(IEnumerable<PoolContents> pools)
    {
        foreach (var pool in pools)
        {
            foreach (var disk in pool.Disks)
            {
                Note(disk);
                if (await TryAsync(() => DiskFiles.BringBackAsync(disk)) is { } problem)
                {
                    // Its tasks are refused with what is wrong; the others go on.
                    Log.NotRestored(logger, disk.Id, pool.Directory, problem);
                }
            }

            if (await TryAsync(() => TidyAsync(pool)) is { } untidy)
            {
                Log.NotTidied(logger, pool.Directory, untidy);
            }
        }
    }

    public void Use(AgentLoop loop) => _loop = loop;

    public void Make(ByteString operation, DiskOrder disk) => Change(operation, disk, async () =>
    {
        if (!System.Environment.IsPrivilegedProcess)
        {
            throw new DiskException("Disks are file systems on loop devices: the agent needs to run as root to make them");
        }

        await DiskFiles.MakeAsync(disk, minimumFreeBytes);
        Note(disk);
    });

    public void Remove(ByteString operation, DiskOrder disk) => Change(operation, disk, async () =>
    {
        await DiskFiles.RemoveAsync(disk);
        _blocks.TryRemove(disk.Id, out _);
    });

    /// <summary>The device of a BLOCK disk; null when it is not here.</summary>
    public string? DeviceOf(Resource disk) =>
        _blocks.TryGetValue(disk.Disk.Source.Id, out var known) ? DiskTools.DeviceOf(DiskFiles.ImageOf(known)) : null;

    /// <summary>A BLOCK disk reads as zeros again.</summary>
    public async Task<string?> EmptyAsync(Resource disk) => _blocks.TryGetValue(disk.Disk.Source.Id, out var known)
        ? await TryAsync(() => DiskTools.ZeroAsync(DiskFiles.ImageOf(known), known.Bytes))
        : "The disk is not here";

    /// <summary>When the agent's containers are taken down: mounts and devices go, the data stays.</summary>
    public static async Task<IReadOnlyList<string>> PutAwayAsync(IEnumerable<PoolContents> pools)
    {
        var problems = new List<string>();
        foreach (var disk in pools.SelectMany(static pool => pool.Disks))
        {
            if (await TryAsync(() => DiskFiles.PutAwayAsync(disk)) is { } problem)
            {
                problems.Add($"The disk {disk.Id} stays in {disk.Pool}: {problem}");
            }
        }

        return problems;
    }

    public async ValueTask DisposeAsync()
    {
        Task last;
        lock (_gate)
        {
            last = _changes;
        }

        await last;
    }

    private async Task TidyAsync(PoolContents pool)
    {
        DiskFiles.RemoveUnfinished(pool);
        foreach (var stray in DiskFiles.Strays(pool))
        {
            Log.Stray(logger, stray, pool.Directory);
            if (await TryAsync(() => DiskFiles.RemoveAsync(DiskOrder.Unknown(stray, pool.Provider, pool.Directory))) is { } problem)
            {
                Log.NotChanged(logger, stray, problem);
            }
        }
    }

    private void Note(DiskOrder disk)
    {
        if (disk.Kind == DiskKind.Block)
        {
            _blocks[disk.Id] = disk;
        }
    }

    private void Change(ByteString operation, DiskOrder disk, Func<Task> change)
    {
        lock (_gate)
        {
            _changes = ChangeAsync(_changes, operation, disk, change);
        }
    }

    private async Task ChangeAsync(Task before, ByteString operation, DiskOrder disk, Func<Task> change)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.SuppressThrowing);
        string? problem;
        try
        {
            problem = await TryAsync(change);
            if (problem is not null)
            {
                Log.NotChanged(logger, disk.Id, problem);
            }
        }
        catch (Exception exception)
        {
            // It fails this operation and no other: those after it have their turn.
            Log.Unexpected(logger, exception, disk.Id);
            problem = exception.Message;
        }

        await _loop!.PostAsync(new AgentCommand.VolumesChanged(operation, problem));
    }

    private static async Task<string?> TryAsync(Func<Task> change)
    {
        try
        {
            await change();
            return null;
        }
        catch (Exception exception) when (exception is DiskException or IOException or UnauthorizedAccessException)
        {
            return exception.Message;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The disk {Disk} of the pool {Pool} is not here: {Problem}. Bring its file back, or destroy the disk")]
        public static partial void NotRestored(ILogger logger, string disk, string pool, string problem);

        [LoggerMessage(2, LogLevel.Warning, "The disk {Disk} of the pool {Pool} was never finished, or half removed: it goes")]
        public static partial void Stray(ILogger logger, string disk, string pool);

        [LoggerMessage(3, LogLevel.Error, "The disk {Disk} was not changed: {Problem}")]
        public static partial void NotChanged(ILogger logger, string disk, string problem);

        [LoggerMessage(4, LogLevel.Error, "The pool {Pool} was not looked through, so what was half made may lie in it still: {Problem}")]
        public static partial void NotTidied(ILogger logger, string pool, string problem);

        [LoggerMessage(5, LogLevel.Error, "The disk {Disk} was not changed")]
        public static partial void Unexpected(ILogger logger, Exception exception, string disk);
    }
}
