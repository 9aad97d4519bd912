using System.Text.Json;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Containers;
using Plenum.Agent.Images;

namespace Plenum.Agent.Volumes;

/// <summary>
/// Volumes that storage drivers bring, mounted and unmounted through dvdcli as Mesos' docker/volume isolator
/// does. A volume is mounted for its first container and unmounted after its last one; containers are written
/// down before the driver is asked, so that an agent that comes back unmounts what nobody uses any more.
/// </summary>
internal sealed partial class DriverVolumes(string program, string directory, ILogger logger)
{
    /// <summary>Attaching a disk of a cloud takes minutes; a driver that needs longer hangs.</summary>
    private static readonly TimeSpan DriverTimeout = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Volume> _volumes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<DriverMount>> _containers = new(StringComparer.Ordinal);

    /// <summary>Mounts all of a container's volumes; answers their paths on this machine in the same order.</summary>
    /// <exception cref="ContainerLaunchException">The driver, or the program that speaks to it, refused.</exception>
    public async Task<IReadOnlyList<string>> MountAsync(
        ContainerKey container, IReadOnlyList<VolumeRequest.OfDriver> requests, CancellationToken cancellationToken)
    {
        if (requests.Count == 0)
        {
            return [];
        }

        // 1. Written down before anything is mounted.
        IReadOnlyList<DriverMount> mounts =
            [.. requests.Select(static request => new DriverMount(request.Driver, request.Name, null)).DistinctBy(static mount => mount.Identity)];
        lock (_lock)
        {
            Write(container.Name, mounts);
            foreach (var mount in mounts)
            {
                Of(mount.Identity).Users.Add(container.Name);
            }
        }

        // 2. The driver. Containers of one volume wait for each other, those of different ones do not.
        foreach (var request in requests)
        {
            await MountOnceAsync(request, cancellationToken);
        }

        // 3. Where each is, for the agent that comes after a crash.
        lock (_lock)
        {
            Write(container.Name, [.. mounts.Select(mount => mount with { Path = Of(mount.Identity).Path })]);
            return [.. requests.Select(request => Of(IdentityOf(request)).Path!)];
        }
    }

    /// <summary>Unmounts what no other container uses. A driver that fails is logged and asked again at the agent's next start.</summary>
    public async Task ReleaseAsync(string container)
    {
        IReadOnlyList<DriverMount>? mounts;
        lock (_lock)
        {
            if (!_containers.TryGetValue(container, out mounts))
            {
                return;
            }
        }

        var released = true;
        foreach (var mount in mounts)
        {
            released &= await ReleaseAsync(mount, container);
        }

        lock (_lock)
        {
            _containers.Remove(container);
            if (released)
            {
                File.Delete(FileOf(container));
            }
        }
    }

    /// <summary>Called once at start: volumes of containers that are not there any more are unmounted.</summary>
    public async Task RecoverAsync(IReadOnlySet<string> alive)
    {
        if (!Directory.Exists(directory))
        {
            return;
        }

        foreach (var file in Directory.GetFiles(directory, "*.json"))
        {
            var container = Path.GetFileNameWithoutExtension(file);
            IReadOnlyList<DriverMount> mounts;
            try
            {
                mounts = JsonSerializer.Deserialize(await File.ReadAllBytesAsync(file), VolumesJson.Default.IReadOnlyListDriverMount) ?? [];
            }
            catch (JsonException failure)
            {
                Log.Unreadable(logger, file, failure);
                continue;
            }

            _containers[container] = mounts;
            foreach (var mount in mounts)
            {
                var volume = Of(mount.Identity);
                volume.Users.Add(container);
                volume.Path ??= mount.Path;
            }
        }

        foreach (var container in _containers.Keys.Where(name => !alive.Contains(name)).ToArray())
        {
            await ReleaseAsync(container);
        }
    }

    private async Task MountOnceAsync(VolumeRequest.OfDriver request, CancellationToken cancellationToken)
    {
        var volume = Of(IdentityOf(request));
        await volume.Turn.WaitAsync(cancellationToken);
        try
        {
            if (volume.Path is not null)
            {
                return;
            }

            var answer = await AskAsync(
                request.Name,
                [
                    "mount", $"--volumedriver={request.Driver}", $"--volumename={request.Name}",
                    .. request.Options.Select(static option => $"--volumeopts={option.Key}={option.Value}"),
                ],
                cancellationToken);
            // The last line: drivers are talkative.
            var path = answer.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault();
            volume.Path = path is not null && Path.IsPathRooted(path) && Path.Exists(path)
                ? path
                : throw Failed(request.Name, $"the driver {request.Driver} named no directory of this machine");
            Log.Mounted(logger, request.Driver, request.Name, path);
        }
        finally
        {
            volume.Turn.Release();
        }
    }

    private async Task<bool> ReleaseAsync(DriverMount mount, string container)
    {
        var volume = Of(mount.Identity);
        await volume.Turn.WaitAsync();
        try
        {
            lock (_lock)
            {
                volume.Users.Remove(container);
                if (volume.Users.Count > 0)
                {
                    return true;
                }
            }

            // Also when no path is known: the agent may have died between the driver's work and its answer.
            await AskAsync(
                mount.Name, ["unmount", $"--volumedriver={mount.Driver}", $"--volumename={mount.Name}"], CancellationToken.None);
            volume.Path = null;
            Log.Unmounted(logger, mount.Driver, mount.Name);
            return true;
        }
        catch (ContainerLaunchException failure) when (volume.Path is null)
        {
            // It never got mounted, which the launch has told already.
            Log.NothingToUnmount(logger, mount.Driver, mount.Name, failure.Message);
            return true;
        }
        catch (ContainerLaunchException failure)
        {
            Log.NotUnmounted(logger, mount.Driver, mount.Name, failure.Message);
            return false;
        }
        finally
        {
            volume.Turn.Release();
            Forget(mount.Identity, volume);
        }
    }

    private async Task<string> AskAsync(string volume, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(DriverTimeout);
        try
        {
            var (exitCode, output, message) = await HostTool.RunForOutputAsync(program, arguments, patience.Token);
            return exitCode == 0
                ? output
                : throw Failed(volume, $"{Path.GetFileName(program)} {arguments[0]} failed with status {exitCode}: {message}");
        }
        catch (FileNotFoundException)
        {
            throw Failed(
                volume,
                $"this agent has no program '{program}' to speak to storage drivers with. Install dvdcli (github.com/emccode/dvdcli) "
                + "and the volume's driver on the agent's machine, or name the program with --docker-volume-driver-cli");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed(volume, $"the driver did not answer {arguments[0]} within {DriverTimeout.TotalMinutes:0} minutes");
        }
    }

    private Volume Of(string identity)
    {
        lock (_lock)
        {
            return _volumes.TryGetValue(identity, out var volume) ? volume : _volumes[identity] = new Volume();
        }
    }

    /// <summary>Whoever wants it meanwhile is among its users already, and then it stays.</summary>
    private void Forget(string identity, Volume volume)
    {
        lock (_lock)
        {
            if (volume.Users.Count == 0)
            {
                _volumes.Remove(identity);
            }
        }
    }

    private void Write(string container, IReadOnlyList<DriverMount> mounts)
    {
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var temporary = FileOf(container) + ".tmp";
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            JsonSerializer.Serialize(file, mounts, VolumesJson.Default.IReadOnlyListDriverMount);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, FileOf(container), overwrite: true);
        _containers[container] = mounts;
    }

    private string FileOf(string container) => Path.Join(directory, $"{container}.json");

    private static string IdentityOf(VolumeRequest.OfDriver request) => $"{request.Driver}/{request.Name}";

    private static ContainerLaunchException Failed(string volume, string reason) => new($"The volume '{volume}' cannot be had: {reason}");

    /// <summary>One volume that containers use or are about to.</summary>
    private sealed class Volume
    {
        /// <summary>One word with the driver at a time.</summary>
        public SemaphoreSlim Turn { get; } = new(1);

        /// <summary>Guarded by the lock.</summary>
        public HashSet<string> Users { get; } = new(StringComparer.Ordinal);

        public string? Path { get; set; }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The driver {Driver} mounted its volume {Volume} at {Path}")]
        public static partial void Mounted(ILogger logger, string driver, string volume, string path);

        [LoggerMessage(2, LogLevel.Information, "The driver {Driver} unmounted its volume {Volume}")]
        public static partial void Unmounted(ILogger logger, string driver, string volume);

        [LoggerMessage(3, LogLevel.Error, "The driver {Driver} did not unmount its volume {Volume}; the agent's next start asks again: {Reason}")]
        public static partial void NotUnmounted(ILogger logger, string driver, string volume, string reason);

        [LoggerMessage(4, LogLevel.Debug, "The driver {Driver} has no mount of its volume {Volume}: {Reason}")]
        public static partial void NothingToUnmount(ILogger logger, string driver, string volume, string reason);

        [LoggerMessage(5, LogLevel.Error, "The note {File} about driver volumes cannot be read; unmount them by hand")]
        public static partial void Unreadable(ILogger logger, string file, Exception failure);
    }
}
