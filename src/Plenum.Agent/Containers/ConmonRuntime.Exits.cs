using Plenum.Agent.Containers.Cgroups;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Native;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Containers;

/// <summary>How containers end, and what is heard of them before.</summary>
internal sealed partial class ConmonRuntime
{
    public async Task<OutOfMemory?> WaitOutOfMemoryAsync(ContainerKey key, CancellationToken cancellationToken)
    {
        if (!_containers.TryGetValue(key, out var container))
        {
            return null;
        }
        await Task.WhenAny(container.MemoryExceeded.Task, container.Exit).WaitAsync(cancellationToken);
        return container.MemoryExceeded.Task.IsCompleted ? await container.MemoryExceeded.Task : null;
    }

    private void Watch(RunningContainer container, ProcessHandle monitor, Task<int?> monitorEnd)
    {
        container.Own(monitor);
        _ = CompleteAsync();

        async Task CompleteAsync()
        {
            try
            {
                await monitorEnd;
                container.Terminal?.Complete();
                container.End(ReadExit(container));
            }
            catch (OperationCanceledException)
            {
                // This agent stops; the next one reads the exit.
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                Log.ExitUnreadable(_logger, container.Key, failure);
                container.End(new ContainerExit(null, Reason: $"the exit status could not be read: {failure.Message}"));
            }
        }
    }

    private void WatchMemory(RunningContainer container, string cgroup)
    {
        if (_memory.Start(cgroup, memory => container.MemoryExceeded.TrySetResult(memory)) is { } watch)
        {
            container.Own(watch);
        }
    }

    private ContainerExit ReadExit(RunningContainer container)
    {
        var cgroup = CgroupOf(container);
        var memory = cgroup.OutOfMemory(container.Record is { InLeaf: true, Cgroup: { } limited } ? new Cgroup(_cgroups, limited) : null);
        var file = Path.Join(container.Bundle.Exits, container.Key.Name);
        if (!File.Exists(file) && container.Process?.ReapedStatus() is { } seen)
        {
            // A full disk did not take it from conmon; a new kernel kept it.
            return new ContainerExit(
                container.Record?.SignalledWith is int sent && seen == ContainerExit.StatusOfSignal(LibC.SignalKill)
                    ? ContainerExit.StatusOfSignal(sent)
                    : seen,
                memory);
        }
        if (!File.Exists(file))
        {
            // conmon was killed: nobody collects the container's output or status any more.
            cgroup.KillAll();
            return new ContainerExit(null, memory, "the process that watched the container was killed");
        }
        if (!int.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out var code))
        {
            // conmon does not flush it: a power cut may take what it wrote and leave the name.
            return new ContainerExit(null, memory, "its exit status was lost when the machine went down");
        }
        // conmon cannot tell "exit 137" from SIGKILL; a new kernel can.
        var status = container.Process?.ReapedStatus() ?? ContainerExit.StatusOfShellCode(code);
        var killed = status == ContainerExit.StatusOfSignal(LibC.SignalKill);
        return new ContainerExit(
            killed && container.Record?.SignalledWith is int signal ? ContainerExit.StatusOfSignal(signal) : status, memory);
    }

    private void RememberSignal(RunningContainer container, int signal)
    {
        container.Record = container.Record! with { SignalledWith = signal };
        try
        {
            container.Record.Write(container.Bundle.Record);
        }
        catch (IOException failure)
        {
            // On a full disk. Only the next agent would miss it; the process must not stay stopped for that.
            Log.SignalNotRecorded(_logger, container.Key, failure);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The exit status of container {Container} could not be read")]
        public static partial void ExitUnreadable(ILogger logger, ContainerKey container, Exception failure);

        [LoggerMessage(6, LogLevel.Warning, "The signal that ended container {Container} could not be recorded")]
        public static partial void SignalNotRecorded(ILogger logger, ContainerKey container, Exception failure);
    }
}
