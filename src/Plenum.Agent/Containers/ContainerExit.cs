namespace Plenum.Agent.Containers;

/// <summary>How a container ended.</summary>
/// <param name="WaitStatus">
/// The wait(2) status word: exit code in the second byte, or the signal in the low seven bits. Null when
/// nobody can know it any more (the machine was restarted, or the monitor was killed).
/// </param>
/// <param name="OutOfMemory">Set when the kernel killed a process of the container for lack of memory.</param>
/// <param name="Reason">A sentence where the status alone would mislead; null otherwise.</param>
internal sealed record ContainerExit(int? WaitStatus, OutOfMemory? OutOfMemory = null, string? Reason = null)
{
    public int? ExitCode => WaitStatus is int status && (status & 0x7f) == 0 ? (status >> 8) & 0xff : null;

    public int? Signal => WaitStatus is int status && (status & 0x7f) != 0 ? status & 0x7f : null;

    public bool Succeeded => WaitStatus == 0;

    public static int StatusOfExitCode(int code) => (code & 0xff) << 8;

    public static int StatusOfSignal(int signal) => signal & 0x7f;

    /// <summary>
    /// Shells and conmon say 128 + n for a process that signal n ended. A program may exit with such a
    /// code by itself; the signal is by far the commoner meaning.
    /// </summary>
    public static int StatusOfShellCode(int code) =>
        code is > 128 and <= 128 + 64 ? StatusOfSignal(code - 128) : StatusOfExitCode(code);
}
