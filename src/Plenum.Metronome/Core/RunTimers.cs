using System.Runtime.InteropServices;
using Plenum.Marathon.Core;
using Plenum.Metronome.Runs;

namespace Plenum.Metronome.Core;

internal enum RunTimerKind
{
    StartingDeadline,
    BackoffOver,
    LaunchOverdue,
    KillRetry,
    UnreachableOver,
    Revive,
    Reconcile,
}

/// <summary>What a timer is for; those of the whole core name no run.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RunTimer(RunTimerKind Kind, RunKey Run = default);

/// <summary>Deadlines in steady time.</summary>
internal sealed class RunTimers : DeadlineQueue<RunTimer>
{
    public void CancelAll(RunKey run)
    {
        for (var kind = RunTimerKind.StartingDeadline; kind <= RunTimerKind.UnreachableOver; kind++)
        {
            Cancel(new RunTimer(kind, run));
        }
    }
}
