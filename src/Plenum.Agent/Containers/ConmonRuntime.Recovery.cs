using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Containers.Logs;
using Plenum.Agent.Containers.Terminals;
using Plenum.Agent.Sandboxes;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Containers;

/// <summary>Taking over what an earlier agent process left.</summary>
internal sealed partial class ConmonRuntime
{
    /// <summary>Broken records kept for whoever looks into it; the oldest go.</summary>
    private const int QuarantineLimit = 16;

    public async Task<IReadOnlyList<RecoveredContainer>> RecoverAsync(CancellationToken cancellationToken)
    {
        var recovered = new List<RecoveredContainer>();
        // Before what they are making is looked at, and taken back.
        foreach (var pid in await OrphanedHelpers.KillAsync(_watcher, KillTimeout, _time))
        {
            // It hangs in the kernel, mostly at a disk. The other containers must not wait for that.
            Log.NotKilled(_logger, pid);
        }
        await _users.CheckAsync(_programs, [_options.WorkDirectory, "/dev/shm"], cancellationToken);
        _images.RemoveUnfinished();
        _networks.Load();
        // Parents have shorter names than what is nested in them.
        foreach (var directory in Directory.GetDirectories(_containersDirectory).OrderBy(static d => d.Length))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var name = Path.GetFileName(directory);
            if (await RecoverAsync(name, new BundleLayout(directory)) is { } container)
            {
                recovered.Add(container);
            }
        }
        _processors.Settle();
        await _networks.RemoveOrphansAsync(name => _containers.ContainsKey(ContainerKey.ParseName(name)));
        await _volumes.RecoverAsync(_containers.Keys);
        _images.CollectUnused();
        return recovered;
    }

    private async Task<RecoveredContainer?> RecoverAsync(string name, BundleLayout bundle)
    {
        var container = new RunningContainer(ContainerKey.ParseName(name), bundle);
        container.Launched.SetResult();
        try
        {
            if (!File.Exists(bundle.Record) || _runner.IsUnstarted(container.Key))
            {
                // The agent was killed during the launch: its caller was never told that it ran.
                Log.Unfinished(_logger, name);
                await RemoveUnfinishedAsync(container);
                return null;
            }
            container.Record = ContainerRecord.Read(bundle.Record);
        }
        catch (JsonException failure)
        {
            return await QuarantineAsync(container, failure);
        }
        if (!_containers.TryAdd(container.Key, container))
        {
            container.Dispose();
            return null;
        }
        container.Own(_images.Pin(container.Record.Layers));
        _users.Restore(container.Key, container.Record.FirstId);
        container.OwnNetwork = container.Record.NetworkHolder is { } holder ? _networks.Find(holder) : null;
        if (container.Record.BootId != Boot.Id)
        {
            // What ended before the restart and was not passed on yet keeps its status; its process is nobody's now.
            container.End(File.Exists(Path.Join(container.Bundle.Exits, container.Key.Name))
                ? ReadExit(container)
                : new ContainerExit(null, Reason: "the machine was restarted"));
        }
        else if (container.Record.Monitor.TryOpen() is { } monitor)
        {
            container.Process = container.Record.Process.TryOpen();
            KillLeftSessions(container);
            TrackLogs(container);
            await ConnectTerminalAsync(container);
            Watch(container, monitor, _watcher.WatchAsync(monitor));
        }
        else
        {
            container.Process = container.Record.Process.TryOpen();
            TrackLogs(container);
            // What was written while no agent ran.
            container.Terminal?.Complete();
            container.End(ReadExit(container));
        }
        if (container is { IsRunning: true, Record: { Cgroup: { } cgroup } record })
        {
            WatchMemory(container, cgroup);
            _processors.Restore(container.Key, cgroup, record.Processors);
        }
        var recovered = container.IsRunning
            ? new RecoveredContainer(container.Key, container.Record.SandboxDirectory, container.Start(), null)
            : new RecoveredContainer(container.Key, container.Record.SandboxDirectory, null, await container.Exit);
        return recovered with
        {
            GraphicsDevices = container.Record.GraphicsDevices,
            IsCalled = container.Record.IsCalled,
            User = container.Record.User,
        };
    }

    private async Task RemoveUnfinishedAsync(RunningContainer container)
    {
        // Before its cgroup: one of them may be about to put a process there.
        foreach (var pid in await LaunchRemains.KillAsync(container.Bundle.Directory, _watcher, KillTimeout, _time))
        {
            Log.NotKilled(_logger, pid);
        }
        await KillAsync(CgroupOf(container));
        container.Record = null;
        await RemoveAsync(container);
    }

    private async Task<RecoveredContainer> QuarantineAsync(RunningContainer container, JsonException failure)
    {
        var quarantine = Path.Join(_options.WorkDirectory, "runtime", "quarantine");
        Directory.CreateDirectory(quarantine);
        foreach (var old in new DirectoryInfo(quarantine).GetDirectories()
                     .OrderByDescending(static d => d.LastWriteTimeUtc).Skip(QuarantineLimit - 1))
        {
            TreeRemoval.Remove(old.FullName);
        }
        var target = Path.Join(quarantine, $"{container.Key.Name}-{_time.GetUtcNow().ToUnixTimeMilliseconds()}");
        Log.Quarantined(_logger, container.Key.Name, target, failure);
        var cgroup = CgroupOf(container);
        await KillAsync(cgroup);
        Directory.Move(container.Bundle.Directory, target);
        await cgroup.RemoveAsync(_time);
        _runner.Forget(container.Key);
        container.Dispose();
        return new RecoveredContainer(
            container.Key, null, null, null, $"its record was unreadable ({failure.Message}); its files are in {target}");
    }

    /// <summary>Sessions belong to a connection, and that went with the agent.</summary>
    private void KillLeftSessions(RunningContainer container)
    {
        if (!Directory.Exists(container.Bundle.Sessions))
        {
            return;
        }
        foreach (var file in Directory.GetFiles(container.Bundle.Sessions))
        {
            // An empty file: the agent died while writing it, and the leader alone is known.
            if (int.TryParse(Path.GetFileName(file), CultureInfo.InvariantCulture, out var leader))
            {
                var killed = SessionProcesses.Kill(
                    leader,
                    int.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out var launcher) ? launcher : leader,
                    CgroupOf(container));
                foreach (var process in killed)
                {
                    process.Dispose();
                }
            }
            File.Delete(file);
        }
    }

    private void TrackLogs(RunningContainer container)
    {
        foreach (var name in LogNames)
        {
            if (LogFile.Open(Path.Join(container.Record!.SandboxDirectory, name)) is { } file)
            {
                container.Own(_logs.Track(file));
                if (container.Record.HasTerminal && name == LogNames[0])
                {
                    container.Terminal = new TaskTerminal(container.Bundle, file, _logger);
                }
            }
        }
    }

    private async Task ConnectTerminalAsync(RunningContainer container)
    {
        try
        {
            await (container.Terminal?.ConnectAsync(CancellationToken.None) ?? Task.CompletedTask);
        }
        catch (IOException failure)
        {
            // conmon is just ending, and its end is watched.
            Log.TerminalLost(_logger, container.Key, failure);
        }
    }

    private static readonly string[] LogNames = ["stdout", "stderr"];

    private static partial class Log
    {
        [LoggerMessage(2, LogLevel.Error, "The record of container {Container} cannot be read; its files are kept in {Directory}")]
        public static partial void Quarantined(ILogger logger, string container, string directory, Exception failure);

        [LoggerMessage(3, LogLevel.Warning, "Container {Container} was never started and is removed")]
        public static partial void Unfinished(ILogger logger, string container);

        [LoggerMessage(6, LogLevel.Error, "What was made of container {Container}, which did not start, could not be removed")]
        public static partial void NotRemoved(ILogger logger, ContainerKey container, Exception failure);

        [LoggerMessage(5, LogLevel.Error, "Process {Pid} of an earlier agent does not die, mostly of a disk that does not answer; see what holds it: cat /proc/{Pid}/stack")]
        public static partial void NotKilled(ILogger logger, int pid);
    }
}
