namespace Plenum.Agent.Native;

/// <summary>The system call of a <see cref="MountStep"/>.</summary>
internal enum MountStepKind
{
    Mount,
    Unmount,
    EnterDirectory,
}
