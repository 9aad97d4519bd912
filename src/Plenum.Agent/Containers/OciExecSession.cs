using System.Globalization;
using System.IO.Pipes;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;
using Plenum.Agent.Containers.Cgroups;
using Plenum.Agent.Containers.Oci;
using Plenum.Agent.Native;
using Plenum.Agent.Secrets;

namespace Plenum.Agent.Containers;

/// <summary>
/// A process that the OCI runtime's exec started in a container. The runtime stays as its parent and
/// passes its exit status on.
/// </summary>
internal sealed class OciExecSession : ExecSession
{
    private const int PidDescriptor = 3;
    private const int ProcessDescriptor = 4;

    private readonly RunningContainer _container;
    private readonly Cgroup _cgroup;
    private readonly ProcessHandle _runtime;
    private readonly Task<int?> _runtimeEnd;
    private readonly SessionStreams _streams;
    private readonly string _file;
    private readonly int _pid;
    private readonly ProcessWatcher _watcher;

    private OciExecSession(
        RunningContainer container, Cgroup cgroup, ProcessHandle runtime, Task<int?> runtimeEnd, SessionStreams streams, string file, int pid,
        ProcessWatcher watcher)
    {
        _watcher = watcher;
        _container = container;
        _cgroup = cgroup;
        _runtime = runtime;
        _runtimeEnd = runtimeEnd;
        _streams = streams;
        _file = file;
        _pid = pid;
    }

    public override Stream Input => _streams.Input;

    public override Stream Output => _streams.Output;

    public override Stream Error => _streams.Error;

    public override bool HasTerminal => _streams.Terminal is not null;

    public static async Task<OciExecSession> StartAsync(
        OciRunner runner,
        RunningContainer container,
        Cgroup cgroup,
        ExecSpec spec,
        UserAccount? account,
        ProcessWatcher watcher,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        CommandLine.Validate(spec.Command);
        Directory.CreateDirectory(container.Bundle.Sessions);
        var name = Path.Join(container.Bundle.Directory, $"exec-{Guid.NewGuid():N}");
        var secrets = await BundleSecrets.ReadAsync(
            container.Record!.Process.Pid, container.Record.SecretVariables, time, cancellationToken);
        WriteProcess($"{name}.json", container, spec, account, secrets);
        var streams = SessionStreams.Open(spec.Terminal);
        var (read, write) = OwnedFd.Pipe();
        await using var pidAnswer = new AnonymousPipeClientStream(PipeDirection.In, new SafePipeHandle(read.Release(), ownsHandle: true));
        ProcessHandle? runtime = null;
        Task<int?>? end = null;
        try
        {
            // crun says when it has read the file, by the pid. runc does not: it gets the file open, and may read it late.
            using var process = OwnedFd.Open($"{name}.json", LibC.OpenReadOnly);
            var launcher = await runner.ExecAsync(
                container,
                runner.RuntimeIsCrun
                    ? ["--process", $"{name}.json", "--pid-file", $"/proc/self/fd/{PidDescriptor}"]
                    : ["--process", $"/proc/self/fd/{ProcessDescriptor}"],
                $"{name}.log",
                streams.Child with
                {
                    Descriptors =
                    [
                        .. streams.Child.Descriptors,
                        (PidDescriptor, write.Number),
                        .. runner.RuntimeIsCrun ? ((int, int)[])[] : [(ProcessDescriptor, process.Number)],
                    ],
                });
            write.Dispose();
            streams.ReleaseChildEnds();
            runtime = ProcessHandle.TryOpen(launcher) ?? throw new ContainerLaunchException("the container runtime ended at once");
            end = watcher.WatchAsync(runtime);
            var pid = runner.RuntimeIsCrun
                ? await runner.InTimeAsync(token => ReadPidAsync(pidAnswer, token), "start the command", cancellationToken)
                : launcher;
            if (pid is null)
            {
                await end;
                throw new ContainerLaunchException(
                    OciRunner.RuntimeMessage($"{name}.log") ?? "the process did not start in the container");
            }
            var file = Path.Join(container.Bundle.Sessions, pid.Value.ToString(CultureInfo.InvariantCulture));
            await File.WriteAllTextAsync(file, launcher.ToString(CultureInfo.InvariantCulture), CancellationToken.None);
            return new OciExecSession(container, cgroup, runtime, end, streams, file, pid.Value, watcher);
        }
        catch (Exception)
        {
            write.Dispose();
            if (runtime is { } left && end is not null)
            {
                // Of one that ended the number may be another's by now.
                if (!end.IsCompleted)
                {
                    SessionProcesses.KillStarting(left, cgroup);
                }
                _ = end.ContinueWith(_ => left.Dispose(), TaskScheduler.Default);
            }
            streams.Dispose();
            throw;
        }
        finally
        {
            File.Delete($"{name}.json");
            File.Delete($"{name}.log");
        }
    }

    public override async Task<ContainerExit> WaitAsync(CancellationToken cancellationToken = default) =>
        await _runtimeEnd.WaitAsync(cancellationToken) is int status
            ? new ContainerExit(
                (status & 0x7f) == 0 ? ContainerExit.StatusOfShellCode((status >> 8) & 0xff) : status)
            : new ContainerExit(null);

    public override void Resize(TerminalSize size)
    {
        if (_streams.Terminal is { } terminal)
        {
            terminal.Resize(size);
            // The process has a terminal of the container's own behind the runtime's, and crun 1.8 does not pass a
            // new size on.
            PseudoTerminal.ResizeOf(_pid, size);
        }
    }

    public override bool Signal(int signal) => !_runtimeEnd.IsCompleted && LibC.Kill(_pid, signal) == 0;

    public override async ValueTask DisposeAsync()
    {
        IReadOnlyList<ProcessHandle> killed = _container.IsRunning ? SessionProcesses.Kill(_pid, _runtime.Pid, _cgroup) : [];
        _runtime.Signal(LibC.SignalKill);
        await _runtimeEnd;
        foreach (var process in killed)
        {
            await _watcher.WatchAsync(process);
            process.Dispose();
        }
        _streams.Dispose();
        _runtime.Dispose();
        if (Directory.Exists(_container.Bundle.Sessions))
        {
            File.Delete(_file);
        }
    }

    /// <summary>Null when the runtime ended without starting anything.</summary>
    private static async Task<int?> ReadPidAsync(Stream answer, CancellationToken cancellationToken)
    {
        var buffer = new byte[16];
        var count = await answer.ReadAsync(buffer, cancellationToken);
        return int.TryParse(buffer.AsSpan(0, count), CultureInfo.InvariantCulture, out var pid) ? pid : null;
    }

    /// <summary>The container's own process settings (user, capabilities, limits) with another command.</summary>
    private static void WriteProcess(string file, RunningContainer container, ExecSpec spec, UserAccount? account, IEnumerable<KeyValuePair<string, string>> secrets)
    {
        var process = JsonNode.Parse(File.ReadAllBytes(container.Bundle.Config))!["process"]!.AsObject();
        process["terminal"] = spec.Terminal is not null;
        process["args"] = new JsonArray([.. CommandLine.Arguments(spec.Command, null).Select(static a => (JsonNode)a)]);
        var environment = process["env"]!.AsArray().Select(static v => v!.GetValue<string>().Split('=', 2))
            .ToDictionary(static v => v[0], static v => v[1]);
        if (spec.Terminal is not null)
        {
            environment.TryAdd("TERM", "xterm");
        }
        foreach (var (name, value) in secrets.Concat(spec.Command.Environment))
        {
            environment[name] = value;
        }
        process["env"] = new JsonArray([.. environment.Select(static v => (JsonNode)$"{v.Key}={v.Value}")]);
        if (account is not null)
        {
            process["user"] = new JsonObject
            {
                ["uid"] = account.User,
                ["gid"] = account.Group,
                ["additionalGids"] = new JsonArray([.. account.OtherGroups.Select(static group => (JsonNode)group)]),
            };
        }
        if (spec.Command.WorkingDirectory is { } directory)
        {
            process["cwd"] = directory;
        }
        File.WriteAllText(file, process.ToJsonString());
    }
}
