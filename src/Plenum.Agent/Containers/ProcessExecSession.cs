using Plenum.Agent.Native;

namespace Plenum.Agent.Containers;

/// <summary>A session beside a plain process: a process group of its own on the same machine.</summary>
internal sealed class ProcessExecSession : ExecSession
{
    private readonly ProcessHandle _process;
    private readonly Task<int?> _end;
    private readonly SessionStreams _streams;

    private ProcessExecSession(ProcessHandle process, Task<int?> end, SessionStreams streams)
    {
        _process = process;
        _end = end;
        _streams = streams;
    }

    public override Stream Input => _streams.Input;

    public override Stream Output => _streams.Output;

    public override Stream Error => _streams.Error;

    public override bool HasTerminal => _streams.Terminal is not null;

    public static ProcessExecSession Start(
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string> environment,
        string directory,
        TerminalSize? terminal,
        ProcessWatcher watcher)
    {
        var program = Path.IsPathRooted(arguments[0])
            ? arguments[0]
            : HostPrograms.TryFind(arguments[0]) ?? throw new ContainerLaunchException($"the program {arguments[0]} is not found");
        var streams = SessionStreams.Open(terminal);
        try
        {
            var pid = ChildProcess.Spawn(streams.Child with
            {
                Program = program,
                Arguments = [.. arguments.Skip(1)],
                Environment = environment,
                WorkingDirectory = directory,
            });
            streams.ReleaseChildEnds();
            var process = ProcessHandle.TryOpen(pid) ?? throw new ContainerLaunchException($"{program} ended at once");
            return new ProcessExecSession(process, watcher.WatchAsync(process), streams);
        }
        catch (NativeException failure)
        {
            streams.Dispose();
            throw new ContainerLaunchException(failure.Message, ContainerLaunchFailure.Launch, failure);
        }
    }

    public override async Task<ContainerExit> WaitAsync(CancellationToken cancellationToken = default) =>
        new(await _end.WaitAsync(cancellationToken));

    public override void Resize(TerminalSize size) => _streams.Terminal?.Resize(size);

    public override bool Signal(int signal) => !_end.IsCompleted && LibC.Kill(-_process.Pid, signal) == 0;

    public override async ValueTask DisposeAsync()
    {
        ProcessGroupStatistics.KillSession(_process.Pid);
        await _end;
        _streams.Dispose();
        _process.Dispose();
    }
}
