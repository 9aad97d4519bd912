using System.Globalization;
using System.IO.Pipes;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;
using Plenum.Agent.Containers.Cgroups;
using Plenum.Agent.Containers.Terminals;
using Plenum.Agent.Containers.Users;
using Plenum.Agent.Images;
using Plenum.Agent.Native;
using Plenum.Agent.Volumes;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Containers;

/// <summary>Starts conmon and the OCI runtime, each in the right mount namespace and with exact descriptors.</summary>
internal sealed class OciRunner(
    HostPrograms programs, string stateDirectory, CgroupHost cgroups, ProcessWatcher watcher, TimeSpan timeout, TimeProvider time)
    : IDisposable
{
    private const int SyncDescriptor = 3;

    /// <summary>conmon's answer is a line with a number or the runtime's last message; the longest messages are some kilobytes.</summary>
    private const int MaxAnswerBytes = 64 * 1024;

    /// <summary>A killed runtime that survives SIGKILL this long hangs in the kernel.</summary>
    private static readonly TimeSpan KillTimeout = TimeSpan.FromSeconds(60);

    /// <summary>The kernel takes one page of mount options.</summary>
    private const int MaxOverlayOptions = 4095;

    private readonly NamespaceSpawner _namespaces = new();
    private readonly OwnedFd _nothing = OwnedFd.Open("/dev/null", LibC.OpenReadWrite);

    /// <summary>The runtime's own environment; the container's is in its configuration.</summary>
    private static readonly Dictionary<string, string> RuntimeEnvironment = new() { ["PATH"] = CommandLine.DefaultPath };

    public bool RuntimeIsCrun => programs.RuntimeIsCrun;

    /// <summary>Creates the container; its command waits until <see cref="StartAsync"/>.</summary>
    /// <param name="users">Null: its users are the machine's.</param>
    /// <param name="logs">Where the command writes; null: to a terminal, whose output conmon keeps.</param>
    public async Task<CreatedContainer> CreateAsync(
        RunningContainer container,
        IReadOnlyList<(ProvisionedImage Image, ImageRoom Room)> images,
        IReadOnlyList<(ContainerMount Mount, string Place)> shared,
        UserMounts? users,
        (int Output, int Error)? logs,
        CancellationToken cancellationToken)
    {
        var (read, write) = OwnedFd.Pipe();
        await using var answer = new AnonymousPipeClientStream(PipeDirection.In, new SafePipeHandle(read.Release(), ownsHandle: true));
        int pid;
        using (write)
        {
            pid = await _namespaces.SpawnInNewAsync(
                new SpawnRequest
                {
                    Program = programs.Conmon,
                    Arguments = ConmonArguments(container, terminal: logs is null),
                    Environment = new Dictionary<string, string>(LaunchRemains.Mark(RuntimeEnvironment, container.Bundle.Directory))
                    {
                        ["_OCI_SYNCPIPE"] = $"{SyncDescriptor}",
                    },
                    Descriptors = [(0, _nothing.Number), (1, logs?.Output ?? _nothing.Number), (2, logs?.Error ?? _nothing.Number), (SyncDescriptor, write.Number)],
                    WorkingDirectory = "/",
                    NewSession = true,
                },
                [.. SharedMounts.Steps(shared), .. HideHybridHierarchy(cgroups), .. MountImages(images, users)]);
        }
        var monitor = ProcessHandle.TryOpen(pid) ?? throw new ContainerLaunchException("conmon ended at once");
        var identity = ProcessIdentity.TryRead(pid) ?? throw new ContainerLaunchException("conmon ended at once");
        var end = watcher.WatchAsync(monitor);
        try
        {
            var line = await InTimeAsync(token => ReadAnswerAsync(answer, token), "create the container", cancellationToken);
            return new CreatedContainer(ReadPid(line, container.Bundle), monitor, identity, end);
        }
        catch (Exception)
        {
            // Without an answer there is no container to watch: conmon goes, and a runtime under it that hangs.
            // One of them that cannot be killed must not hide why the launch failed.
            monitor.Signal(LibC.SignalKill);
            _ = end.ContinueWith(_ => monitor.Dispose(), TaskScheduler.Default);
            await LaunchRemains.KillAsync(container.Bundle.Directory, watcher, KillTimeout, time);
            throw;
        }
    }

    public async Task StartAsync(RunningContainer container, CancellationToken cancellationToken)
    {
        var pid = await _namespaces.SpawnInsideAsync(container.Record!.Monitor.Pid, new SpawnRequest
        {
            Program = programs.Runtime,
            Arguments = [.. GlobalArguments(container.Bundle.RuntimeLog), "start", container.Key.Name],
            Environment = LaunchRemains.Mark(RuntimeEnvironment, container.Bundle.Directory),
            Descriptors = [(0, _nothing.Number), (1, _nothing.Number), (2, _nothing.Number)],
        });
        using var process = ProcessHandle.TryOpen(pid);
        var status = process is null ? null : await StartedAsync(process, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        if (status != 0)
        {
            throw new ContainerLaunchException(
                RuntimeMessage(container.Bundle.RuntimeLog) ?? $"{programs.Runtime} could not start the command and did not say why; {Advice}");
        }
    }

    /// <summary>Starts the runtime's exec beside a container; the caller watches the process it gets.</summary>
    public Task<int> ExecAsync(RunningContainer container, IEnumerable<string> arguments, string logFile, SpawnRequest descriptors) =>
        _namespaces.SpawnInsideAsync(container.Record!.Monitor.Pid, descriptors with
        {
            Program = programs.Runtime,
            Arguments = [.. GlobalArguments(logFile), "exec", .. arguments, container.Key.Name],
            Environment = RuntimeEnvironment,
        });

    /// <summary>The runtime's own copy of a container's configuration, where it keeps one.</summary>
    public string ConfigOf(ContainerKey key) => Path.Join(stateDirectory, key.Name, "config.json");

    /// <summary>True when the container was created and its command never started.</summary>
    public bool IsUnstarted(ContainerKey key) => File.Exists(Path.Join(stateDirectory, key.Name, "exec.fifo"));

    /// <summary>Drops the runtime's own notes, which is all that its delete would still have to do.</summary>
    public void Forget(ContainerKey key)
    {
        var notes = Path.Join(stateDirectory, key.Name);
        if (Directory.Exists(notes))
        {
            Directory.Delete(notes, recursive: true);
        }
    }

    /// <summary>The last error in a runtime's JSON log, as a sentence.</summary>
    public static string? RuntimeMessage(string logFile)
    {
        if (!File.Exists(logFile))
        {
            return null;
        }
        foreach (var line in File.ReadLines(logFile).Reverse().Where(static line => line.StartsWith('{')))
        {
            try
            {
                using var json = JsonDocument.Parse(line);
                if (json.RootElement.TryGetProperty("level", out var level) && level.GetString() == "error")
                {
                    return json.RootElement.GetProperty("msg").GetString();
                }
            }
            catch (JsonException)
            {
                // crun quotes some messages badly; the line itself still says what happened.
                return line;
            }
        }
        return null;
    }

    public void Dispose()
    {
        _namespaces.Dispose();
        _nothing.Dispose();
    }

    private string Advice => $"see whether '{programs.Runtime} --version' and '{programs.Conmon} --version' work on this machine";

    private async Task<int?> StartedAsync(ProcessHandle runtime, CancellationToken cancellationToken)
    {
        var end = watcher.WatchAsync(runtime);
        try
        {
            return await InTimeAsync(token => end.WaitAsync(token), "start the command", cancellationToken);
        }
        catch (Exception)
        {
            runtime.Signal(LibC.SignalKill);
            await Task.WhenAny(end, Task.Delay(KillTimeout, time, CancellationToken.None));
            throw;
        }
    }

    /// <summary>What the programs have to do, within the time that they have for it.</summary>
    public async Task<T> InTimeAsync<T>(Func<CancellationToken, Task<T>> work, string what, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return await work(either.Token);
        }
        catch (OperationCanceledException exception) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ContainerLaunchException(
                string.Create(CultureInfo.InvariantCulture, $"{programs.Runtime} did not {what} within {timeout.TotalSeconds:0.###} s; {Advice}"),
                ContainerLaunchFailure.Launch,
                exception);
        }
    }

    /// <summary>A line, or what there is of one when conmon ends.</summary>
    private async Task<string> ReadAnswerAsync(Stream answer, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxAnswerBytes];
        var count = 0;
        while (!buffer.AsSpan(0, count).Contains((byte)'\n'))
        {
            if (count == buffer.Length)
            {
                throw Nonsense();
            }
            var read = await answer.ReadAsync(buffer.AsMemory(count), cancellationToken);
            if (read == 0)
            {
                break;
            }
            count += read;
        }
        return Encoding.UTF8.GetString(buffer, 0, count);
    }

    private int ReadPid(string line, BundleLayout bundle)
    {
        try
        {
            if (line.Length == 0)
            {
                throw new ContainerLaunchException(
                    RuntimeMessage(bundle.RuntimeLog) ?? $"{programs.Conmon} ended without an answer; {Advice}");
            }
            var root = JsonNode.Parse(line) as JsonObject ?? throw Nonsense();
            // "data" since version 1 of conmon's interface, "pid" before.
            var pid = (int?)(root["data"] ?? root["pid"]) ?? throw Nonsense();
            return pid > 0
                ? pid
                : throw new ContainerLaunchException(
                    RuntimeMessage(bundle.RuntimeLog) ?? $"{programs.Runtime} could not create the container: {Said(root)}; {Advice}");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException or OverflowException)
        {
            throw Nonsense();
        }
    }

    private static string Said(JsonObject answer) =>
        (string?)answer["message"] is { Length: > 0 } message ? message.Trim() : "it did not say why";

    private ContainerLaunchException Nonsense() => new($"{programs.Conmon} answered what conmon does not say; {Advice}");

    private List<string> ConmonArguments(RunningContainer container, bool terminal)
    {
        var bundle = container.Bundle;
        List<string> arguments =
        [
            "--sync", "--api-version", "1",
            "--cid", container.Key.Name, "--cuuid", container.Key.Name, "--name", container.Key.Name,
            "--runtime", programs.Runtime,
            "--bundle", bundle.Directory,
            "--container-pidfile", bundle.PidFile,
            "--exit-dir", bundle.Exits,
            "--persist-dir", bundle.Persist,
            "--log-level", "error",
        ];
        if (terminal)
        {
            arguments.AddRange(
            [
                "--terminal", "--stdin", "--leave-stdin-open", "--full-attach",
                "--log-path", $"k8s-file:{bundle.ConsoleLog}",
                "--log-size-max", ConsoleLog.MaximumBytes.ToString(CultureInfo.InvariantCulture),
            ]);
        }
        else
        {
            // The container's own descriptors are conmon's: nothing stands between a task and its log.
            arguments.AddRange(["--log-path", "passthrough"]);
        }
        foreach (var argument in GlobalArguments(bundle.RuntimeLog))
        {
            arguments.Add($"--runtime-arg={argument}");
        }
        return arguments;
    }

    private string[] GlobalArguments(string logFile) =>
        [$"--root={stateDirectory}", $"--log={logFile}", "--log-format=json"];

    /// <summary>
    /// crun before 1.14 refuses a machine where it sees both versions. An empty tmpfs takes the place of version 2,
    /// since crun then makes its directory there, and it ends with the namespace.
    /// </summary>
    internal static MountStep[] HideHybridHierarchy(CgroupHost cgroups) => cgroups.HybridMount is { } mount
        ?
        [
            new MountStep(MountStepKind.Unmount, $"hide {mount}", mount),
            new MountStep(MountStepKind.Mount, $"cover {mount}", mount)
            {
                Source = "tmpfs",
                Type = "tmpfs",
                Data = "size=65536,mode=755",
            },
        ]
        : [];

    private static IEnumerable<MountStep> MountImages(IReadOnlyList<(ProvisionedImage Image, ImageRoom Room)> images, UserMounts? users) => users is null
        ? images.SelectMany(static image => MountImage(image.Image, image.Room))
        :
        [
            // All layers are in one directory.
            .. images.Take(1).SelectMany(image => users.Layers(image.Image.LayersDirectory)),
            .. images.SelectMany(image => MountImage(users.Shown(image.Image), image.Room)),
            .. users.Steps,
        ];

    private static MountStep[] MountImage(ProvisionedImage image, ImageRoom room)
    {
        // The topmost layer comes first. Names relative to the layers' directory keep some 150 layers in a page.
        var options = $"lowerdir={string.Join(':', image.Layers.Reverse())},upperdir={room.Upper},workdir={room.Work}";
        if (options.Length > MaxOverlayOptions)
        {
            throw new ContainerLaunchException($"the image has too many layers ({image.Layers.Count})", ContainerLaunchFailure.Image);
        }
        return
        [
            new MountStep(MountStepKind.EnterDirectory, "enter the layers' directory", image.LayersDirectory),
            new MountStep(MountStepKind.Mount, "mount the image", room.Root) { Source = "overlay", Type = "overlay", Data = options },
        ];
    }
}
