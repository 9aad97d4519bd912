using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Pipes;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Plenum.Agent.Containers.Logs;
using Plenum.Agent.Containers.Oci;
using Plenum.Agent.Containers.Terminals;
using Plenum.Agent.Native;
using Plenum.Protocol.V1;
using Environment = System.Environment;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Containers;

/// <summary>
/// Plain processes for where the agent is not root: a session and a process group each, rlimits, and no
/// isolation. Limits on cpu and memory are not enforced, images and volumes are refused. A small shell waits
/// for each command and writes its exit status, so that these containers survive the agent as well.
/// </summary>
internal sealed partial class ProcessRuntime : IContainerRuntime
{
    private const string Shell = "/bin/sh";

    /// <summary>
    /// The shell shares the command's process group, so it catches what is meant for the command; a caught signal
    /// is back at its default in the command itself. It begins when descriptor 3 is closed, so that rlimits are
    /// set before the command runs. The status appears under its name in one step; where a full disk does not take it, the
    /// shell ends with it all the same. A signal that comes between the traps and the command would be lost: a second shell,
    /// which has no traps, says on descriptor 4 that it is there, and becomes the command. It writes from a process of its
    /// own, since nobody reads when the agent was killed meanwhile.
    /// </summary>
    private const string WaitScript =
        "read go <&3; exec 3<&-; trap : HUP INT QUIT TERM USR1 USR2; f=$1; shift; "
        + "/bin/sh -c '(echo >&4) 2>/dev/null; exec 4>&-; exec \"$@\"' plenum \"$@\"; "
        + "s=$?; echo $s >\"$f.tmp\" && mv \"$f.tmp\" \"$f\"; exit $s";

    /// <summary>The second shell comes in some milliseconds. One that hangs at a disk is taken for started, and may be killed.</summary>
    private static readonly TimeSpan ShellPatience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan KillTimeout = TimeSpan.FromSeconds(60);
    private static readonly string[] LogNames = ["stdout", "stderr"];

    private readonly ConcurrentDictionary<ContainerKey, RunningContainer> _containers = new();
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ProcessWatcher _watcher = new();
    private int _disposed;
    private readonly LogKeeper _logs;
    private readonly OwnedFd _nothing = OwnedFd.Open("/dev/null", LibC.OpenReadWrite);
    private readonly string _directory;

    public ProcessRuntime(ContainerRuntimeOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        _time = time;
        _logger = loggers.CreateLogger<ProcessRuntime>();
        _logs = new LogKeeper(options.Logs, time, loggers.CreateLogger<LogKeeper>());
        _directory = Path.Join(options.WorkDirectory, "runtime", "processes");
        Directory.CreateDirectory(_directory);
    }

    public ContainerIsolation Isolation => ContainerIsolation.None;

    public async Task<ContainerStart> LaunchAsync(ContainerSpec spec, CancellationToken cancellationToken)
    {
        Refuse(spec);
        var container = new RunningContainer(spec.Key, new BundleLayout(Path.Join(_directory, spec.Key.Name)));
        if (!_containers.TryAdd(spec.Key, container))
        {
            container.Dispose();
            throw new ContainerLaunchException($"the container {spec.Key} exists already", ContainerLaunchFailure.InvalidSpec);
        }
        try
        {
            await StartAsync(spec, container, cancellationToken);
            return container.Start();
        }
        catch (OperationCanceledException)
        {
            await RemoveAsync(container);
            throw;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ContainerLaunchException)
        {
            await RemoveAsync(container);
            throw failure as ContainerLaunchException
                ?? new ContainerLaunchException($"the process did not start: {failure.Message}", ContainerLaunchFailure.Launch, failure);
        }
        finally
        {
            container.Launched.SetResult();
        }
    }

    public async Task<ContainerExit?> WaitAsync(ContainerKey key, CancellationToken cancellationToken = default) =>
        _containers.TryGetValue(key, out var container) ? await container.Exit.WaitAsync(cancellationToken) : null;

    /// <summary>No limits, and so nothing that meets them.</summary>
    public Task<OutOfMemory?> WaitOutOfMemoryAsync(ContainerKey key, CancellationToken cancellationToken) =>
        Task.FromResult<OutOfMemory?>(null);

    public bool Signal(ContainerKey key, int signal) =>
        _containers.TryGetValue(key, out var container) && container.IsRunning
        && LibC.Kill(-container.Record!.Process.Pid, signal) == 0;

    public async Task DestroyAsync(ContainerKey key)
    {
        var doomed = _containers.Values.Where(container => container.Key.IsWithin(key)).OrderByDescending(static c => c.Key.Depth);
        foreach (var container in doomed)
        {
            await container.DestroyOnceAsync(async () =>
            {
                await container.Launched.Task;
                await RemoveAsync(container);
            });
        }
    }

    /// <summary>There is nothing that could enforce a limit here; <see cref="Isolation"/> says so.</summary>
    public Task UpdateLimitsAsync(ContainerKey key, ContainerLimits limits, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<ExecSession> ExecAsync(ContainerKey key, ExecSpec spec, CancellationToken cancellationToken)
    {
        if (!_containers.TryGetValue(key, out var container) || !container.IsRunning)
        {
            throw new ContainerLaunchException($"the container {key} does not run");
        }
        var environment = CommandLine.Environment(spec.Command, null, container.Record!.SandboxDirectory);
        return Task.FromResult<ExecSession>(ProcessExecSession.Start(
            CommandLine.Arguments(spec.Command, null),
            environment,
            spec.Command.WorkingDirectory ?? container.Record.SandboxDirectory,
            spec.Terminal,
            _watcher));
    }

    /// <summary>None: <see cref="Refuse"/>.</summary>
    public IAttachTarget? TerminalOf(ContainerKey key) => null;

    /// <summary>Nothing: there are no images.</summary>
    public void AddMetrics(IDictionary<string, double> all)
    {
    }

    public bool PruneImages(IReadOnlyCollection<Image> excluded) => false;

    public ResourceStatistics? Statistics(ContainerKey key) =>
        _containers.TryGetValue(key, out var container) && container.IsRunning
            ? ProcessGroupStatistics.Read(container.Record!.Process.Pid, _time.GetUtcNow())
            : null;

    public IReadOnlyList<int> ProcessesOf(ContainerKey key) =>
    [
        .. _containers.Values
            .Where(container => container.IsRunning && container.Key.IsWithin(key))
            .SelectMany(static container => ProcessGroupStatistics.Members(container.Record!.Process.Pid)),
    ];

    public ContainerNetwork? NetworkOf(ContainerKey key) =>
        _containers.TryGetValue(key, out var container) && container.IsRunning ? container.Network : null;

    public async Task<IReadOnlyList<RecoveredContainer>> RecoverAsync(CancellationToken cancellationToken)
    {
        var recovered = new List<RecoveredContainer>();
        foreach (var directory in Directory.GetDirectories(_directory).OrderBy(static d => d.Length))
        {
            var container = new RunningContainer(ContainerKey.ParseName(Path.GetFileName(directory)), new BundleLayout(directory));
            container.Launched.SetResult();
            try
            {
                container.Record = ContainerRecord.Read(container.Bundle.Record);
            }
            catch (Exception failure) when (failure is JsonException or IOException)
            {
                Log.Unreadable(_logger, container.Key.Name, failure);
                Directory.Delete(directory, recursive: true);
                recovered.Add(new RecoveredContainer(container.Key, null, null, null, $"its record was unreadable ({failure.Message})"));
                continue;
            }
            _containers[container.Key] = container;
            if (container.Record.BootId == Boot.Id && container.Record.Process.TryOpen() is { } process)
            {
                container.Process = process;
                foreach (var name in LogNames)
                {
                    if (LogFile.Open(Path.Join(container.Record.SandboxDirectory, name)) is { } file)
                    {
                        container.Own(_logs.Track(file));
                    }
                }
                _ = CompleteAsync(container, _watcher.WatchAsync(process));
            }
            else
            {
                container.End(ReadExit(container, null));
            }
            var found = container.IsRunning
                ? new RecoveredContainer(container.Key, container.Record.SandboxDirectory, container.Start(), null)
                : new RecoveredContainer(container.Key, container.Record.SandboxDirectory, null, await container.Exit);
            recovered.Add(found with { IsCalled = container.Record.IsCalled, User = container.Record.User });
        }
        return recovered;
    }

    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return ValueTask.CompletedTask;
        }
        _watcher.Dispose();
        _logs.Dispose();
        _nothing.Dispose();
        foreach (var container in _containers.Values)
        {
            container.Dispose();
        }
        return ValueTask.CompletedTask;
    }

    private async Task StartAsync(ContainerSpec spec, RunningContainer container, CancellationToken cancellationToken)
    {
        var (read, write) = OwnedFd.Pipe();
        await using var arrival = new AnonymousPipeClientStream(PipeDirection.In, new SafePipeHandle(read.Release(), ownsHandle: true));
        using (write)
        {
            Spawn(spec, container, write);
        }
        using var patience = new CancellationTokenSource(ShellPatience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            // Nothing, when the shell has ended before.
            _ = await arrival.ReadAsync(new byte[1], either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Log.Slow(_logger, container.Key, ShellPatience);
        }
    }

    /// <summary>Starts the shell and lets it go; the second one says that it is there.</summary>
    private void Spawn(ContainerSpec spec, RunningContainer container, OwnedFd arrival)
    {
        CommandLine.Validate(spec.Command);
        Directory.CreateDirectory(container.Bundle.Directory);
        var arguments = spec.HoldsPod ? ["/bin/sleep", "infinity"] : CommandLine.Arguments(spec.Command, null);
        var descriptors = new List<(int, int)> { (0, _nothing.Number) };
        foreach (var name in LogNames)
        {
            var path = Path.Join(spec.SandboxDirectory, name);
            var file = LogFile.Open(path) ?? throw new ContainerLaunchException($"{path} is not a plain file");
            container.Own(_logs.Track(file));
            descriptors.Add((descriptors.Count, file.Descriptor));
        }
        var (gate, opener) = OwnedFd.Pipe();
        using var ownedGate = gate;
        using var ownedOpener = opener;
        descriptors.Add((descriptors.Count, gate.Number));
        descriptors.Add((descriptors.Count, arrival.Number));
        var pid = ChildProcess.Spawn(new SpawnRequest
        {
            Program = Shell,
            Arguments = ["-c", WaitScript, "plenum", ExitFile(container), .. arguments],
            Environment = CommandLine.Environment(spec.Command, null, spec.SandboxDirectory),
            WorkingDirectory = spec.Command.WorkingDirectory ?? spec.SandboxDirectory,
            Descriptors = descriptors,
            NewSession = true,
        });
        container.Process = ProcessHandle.TryOpen(pid) ?? throw new ContainerLaunchException("the process ended at once");
        Limit(pid, OciResourceLimit.From(spec.ResourceLimits));
        container.Record = new ContainerRecord
        {
            Name = spec.Key.Name,
            SandboxDirectory = spec.SandboxDirectory,
            Isolation = Isolation,
            BootId = Boot.Id,
            Process = ProcessIdentity.TryRead(pid) ?? throw new ContainerLaunchException("the process ended at once"),
            Monitor = new ProcessIdentity(pid, 0),
            HoldsPod = spec.HoldsPod,
            IsCalled = spec.IsCalled,
            User = spec.Command.User,
        };
        container.Record.Write(container.Bundle.Record);
        _ = CompleteAsync(container, _watcher.WatchAsync(container.Process));
    }

    private static void Refuse(ContainerSpec spec)
    {
        var reason = spec.Image is not null ? "an image"
            : spec.Network is not null ? "a network of its own"
            : spec.HostName is not null || !spec.Names.IsDefault ? "a host name or name servers of its own"
            : spec.Mounts.Count + spec.Volumes.Count > 0 ? "volumes"
            : spec.Terminal is not null ? "a terminal of its own"
            : spec.Linux.SeccompProfile is { } profile ? $"the seccomp profile '{profile}'"
            : spec.Command.User is { } user && user != Environment.UserName ? $"the user '{user}'"
            : null;
        if (reason is not null)
        {
            throw new ContainerLaunchException(
                $"this agent runs plain processes without isolation and cannot give {reason}; run it as root",
                ContainerLaunchFailure.InvalidSpec);
        }
    }

    private static unsafe void Limit(int pid, IEnumerable<OciResourceLimit> limits)
    {
        foreach (var limit in limits)
        {
            var bounds = new LibC.ResourceBounds(limit.Soft, limit.Hard);
            NativeException.ThrowIfFailed(LibC.ResourceLimit(pid, limit.Resource, &bounds, null), $"set {limit.Name}");
        }
    }

    private static async Task CompleteAsync(RunningContainer container, Task<int?> end)
    {
        try
        {
            container.End(ReadExit(container, await end));
        }
        catch (OperationCanceledException)
        {
            // This agent stops; the next one reads the exit.
        }
    }

    private static ContainerExit ReadExit(RunningContainer container, int? status)
    {
        var file = ExitFile(container);
        if (File.Exists(file)
            && int.TryParse(File.ReadAllText(file).Trim(), CultureInfo.InvariantCulture, out var code))
        {
            return new ContainerExit(ContainerExit.StatusOfShellCode(code));
        }
        return container.Record!.BootId == Boot.Id
            ? new ContainerExit(status is int raw
                ? (raw & 0x7f) == 0 ? ContainerExit.StatusOfShellCode((raw >> 8) & 0xff) : raw
                : ContainerExit.StatusOfSignal(LibC.SignalKill))
            : new ContainerExit(null, Reason: "the machine was restarted");
    }

    private static string ExitFile(RunningContainer container) => Path.Join(container.Bundle.Directory, "exit");

    private async Task RemoveAsync(RunningContainer container)
    {
        if (container.IsRunning && container.Process is { } process)
        {
            LibC.Kill(-process.Pid, LibC.SignalKill);
            await container.Exit.WaitAsync(KillTimeout, _time);
        }
        if (container.Record is { BootId: var boot } record && boot == Boot.Id)
        {
            // What left the process group but not the session.
            ProcessGroupStatistics.KillSession(record.Process.Pid);
        }
        if (Directory.Exists(container.Bundle.Directory))
        {
            Directory.Delete(container.Bundle.Directory, recursive: true);
        }
        container.End(new ContainerExit(null, Reason: "the container was destroyed before it ran"));
        _containers.TryRemove(container.Key, out _);
        container.Dispose();
    }

    private static partial class Log
    {
        [LoggerMessage(2, LogLevel.Warning, "The command of container {Container} has not begun within {Time}")]
        public static partial void Slow(ILogger logger, ContainerKey container, TimeSpan time);

        [LoggerMessage(1, LogLevel.Error, "The record of container {Container} cannot be read and is dropped")]
        public static partial void Unreadable(ILogger logger, string container, Exception failure);
    }
}
