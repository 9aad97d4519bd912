using System.Runtime.InteropServices;

namespace Plenum.Marathon.Core;

internal enum TimerKind
{
    LaunchOverdue,
    KillRetry,
    UnreachableInactive,
    UnreachableExpunge,
    BackoffOver,
    HealthProbe,
    ReadinessProbe,
    Revive,
    Reconcile,
    ScaleCheck,
    ReservationOverdue,
    LeftoverOver,
    ProgressOverdue,
    WaitingReport,
    PreferenceOver,
    CanaryOver,
}

/// <summary>What a timer is for. The meaning of the text depends on the kind: an instance, an app, or nothing.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TimerKey(TimerKind Kind, string Subject, int Index = 0);

internal sealed class TimerQueue : DeadlineQueue<TimerKey>;
