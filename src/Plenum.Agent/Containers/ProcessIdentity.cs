using System.Globalization;
using Plenum.Agent.Native;

namespace Plenum.Agent.Containers;

/// <summary>A process for good: numbers are reused, but never with the same start time.</summary>
/// <param name="Pid">Its number.</param>
/// <param name="StartTicks">Clock ticks from boot to its start.</param>
internal sealed record ProcessIdentity(int Pid, long StartTicks)
{
    /// <summary>Null when there is no such process.</summary>
    public static ProcessIdentity? TryRead(int pid) =>
        ProcessStatus.TryRead(pid) is { } status ? new ProcessIdentity(pid, status.StartTicks) : null;

    /// <summary>A handle to the very process; null when it has ended.</summary>
    public ProcessHandle? TryOpen()
    {
        var handle = ProcessHandle.TryOpen(Pid);
        if (handle is not null && ProcessStatus.TryRead(Pid)?.StartTicks != StartTicks)
        {
            handle.Dispose();
            return null;
        }
        return handle;
    }

    public override string ToString() => Pid.ToString(CultureInfo.InvariantCulture);
}
