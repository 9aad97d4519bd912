using System.Runtime.InteropServices;

namespace Plenum.Cli.Terminal;

/// <summary>The terminal of this process, by way of libc: the framework has no raw mode.</summary>
internal sealed partial class ProcessTerminal : ITerminal
{
    private const int StandardInput = 0;
    private const int StandardError = 2;

    // What a terminal that does not tell its size is taken for.
    private static readonly TerminalSize Unknown = new(80, 24);

    public bool InputIsTerminal => !Console.IsInputRedirected;

    public bool OutputIsTerminal => !Console.IsOutputRedirected;

    public bool ErrorIsTerminal => !Console.IsErrorRedirected;

    public TerminalSize Size
    {
        get
        {
            Span<ushort> size = stackalloc ushort[Libc.WindowSizeFields];
            for (var descriptor = StandardError; descriptor >= StandardInput; descriptor--)
            {
                if (Libc.Control(descriptor, Libc.GetWindowSize, size) == 0 && size[0] > 0 && size[1] > 0)
                {
                    return new(size[1], size[0]);
                }
            }
            return Unknown;
        }
    }

    public IDisposable EnterRawMode()
    {
        if (!InputIsTerminal)
        {
            return new Undo(() => { });
        }
        var saved = new byte[Libc.AttributesSize];
        if (Libc.GetAttributes(StandardInput, saved) != 0)
        {
            throw new CommandFailure(
                ExitCodes.Usage, "the terminal does not tell its settings", "run the command without -t");
        }
        var raw = (byte[])saved.Clone();
        Libc.MakeRaw(raw);
        Libc.SetAttributes(StandardInput, Libc.AfterDraining, raw);
        return new Undo(() => Libc.SetAttributes(StandardInput, Libc.AfterDraining, saved));
    }

    public IDisposable OnResize(Action resized) => OperatingSystem.IsWindows()
        ? new Undo(() => { })
        : PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => resized());

    private sealed class Undo(Action action) : IDisposable
    {
        public void Dispose() => action();
    }

    private static partial class Libc
    {
        // struct termios is 60 bytes with glibc and musl on 64-bit Linux, 72 on macOS; it is only
        // handed back and forth.
        public const int AttributesSize = 128;
        public const int AfterDraining = 1;

        // struct winsize: rows, columns, and two that nobody fills.
        public const int WindowSizeFields = 4;

        /// <summary>TIOCGWINSZ.</summary>
        public static nuint GetWindowSize => OperatingSystem.IsMacOS() ? 0x40087468u : 0x5413u;

        [LibraryImport("libc", EntryPoint = "tcgetattr")]
        public static partial int GetAttributes(int descriptor, Span<byte> attributes);

        [LibraryImport("libc", EntryPoint = "tcsetattr")]
        public static partial int SetAttributes(int descriptor, int when, ReadOnlySpan<byte> attributes);

        [LibraryImport("libc", EntryPoint = "ioctl")]
        public static partial int Control(int descriptor, nuint request, Span<ushort> size);

        [LibraryImport("libc", EntryPoint = "cfmakeraw")]
        public static partial void MakeRaw(Span<byte> attributes);
    }
}
