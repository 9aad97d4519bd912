using Plenum.Agent.Containers;

namespace Plenum.Agent.Native;

/// <summary>The agent's end of a terminal whose other end a process uses.</summary>
internal sealed class PseudoTerminal : IDisposable
{
    private const ulong SetWindowSize = 0x5414;
    private const ulong GetNumber = 0x80045430;
    private const ulong SetLock = 0x40045431;

    private readonly OwnedFd _master;

    private PseudoTerminal(OwnedFd master, string devicePath)
    {
        _master = master;
        DevicePath = devicePath;
    }

    /// <summary>What the process opens.</summary>
    public string DevicePath { get; }

    public OwnedFd Master => _master;

    public static PseudoTerminal Open(TerminalSize size)
    {
        var master = OwnedFd.Open("/dev/ptmx", LibC.OpenReadWrite | LibC.OpenNoControllingTerminal);
        var number = 0;
        var unlocked = 0;
        if (LibC.TerminalControl(master.Number, SetLock, ref unlocked) != 0
            || LibC.TerminalControl(master.Number, GetNumber, ref number) != 0)
        {
            var error = NativeException.Last("open a terminal");
            master.Dispose();
            throw error;
        }
        var terminal = new PseudoTerminal(master, $"/dev/pts/{number}");
        terminal.Resize(size);
        return terminal;
    }

    public void Resize(TerminalSize size)
    {
        if (!_master.IsClosed)
        {
            var window = new LibC.WindowSize(size.Rows, size.Columns, 0, 0);
            LibC.TerminalControl(_master.Number, SetWindowSize, ref window);
        }
    }

    /// <summary>Sets the size of the terminal that a process has as its input, if it has one.</summary>
    public static void ResizeOf(int pid, TerminalSize size)
    {
        var fd = LibC.Open($"/proc/{pid}/fd/0", LibC.OpenReadWrite | LibC.OpenNoControllingTerminal | LibC.OpenCloseOnExec, 0);
        if (fd >= 0)
        {
            using var owned = new OwnedFd(fd);
            var window = new LibC.WindowSize(size.Rows, size.Columns, 0, 0);
            LibC.TerminalControl(fd, SetWindowSize, ref window);
        }
    }

    public void Dispose() => _master.Dispose();
}
