namespace Plenum.Agent.Native;

/// <summary>The system call of a <see cref="MountStep"/>.</summary>
internal enum MountStepKind
{
    Mount,
    Unmount,
    EnterDirectory,

    /// <summary>The source at the target, with all that is mounted below it.</summary>
    Bind,

    /// <summary>A tree that was taken before, see <see cref="MountStep.Tree"/>, at the target.</summary>
    Attach,

    /// <summary>
    /// The source at the target, tied to the machine in both directions: taken before the new namespace cuts its ties. What
    /// is mounted below it is then mounted on the machine too.
    /// </summary>
    Share,
}
