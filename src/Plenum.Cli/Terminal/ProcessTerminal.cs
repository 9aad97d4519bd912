using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Plenum.Cli.Terminal;

/// <summary>The terminal of this process, by way of libc: the framework has no raw mode.</summary>
internal sealed partial class ProcessTerminal : ITerminal
{
    private const int StandardInput = 0;

    // What a terminal that does not tell its size is taken for.
    private static readonly TerminalSize Unknown = new(80, 24);

    public bool InputIsTerminal => !Console.IsInputRedirected;

    public bool OutputIsTerminal => !Console.IsOutputRedirected;

    public bool ErrorIsTerminal => !Console.IsErrorRedirected;

    public TerminalSize Size
    {
        get
        {
            try
            {
                return Console.WindowWidth > 0 ? new(Console.WindowWidth, Console.WindowHeight) : Unknown;
            }
            catch (IOException)
            {
                return Unknown;
            }
        }
    }

    /// <summary>
    /// Standard input as bytes. The framework's own stream edits lines when it is a terminal, which
    /// would swallow the keys that a raw terminal hands through.
    /// </summary>
    public static Stream OpenInput()
    {
        try
        {
            return new FileStream(new SafeFileHandle(StandardInput, ownsHandle: false), FileAccess.Read, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            // Started without a standard input, or with one that cannot be read.
            return Stream.Null;
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

        [LibraryImport("libc", EntryPoint = "tcgetattr")]
        public static partial int GetAttributes(int descriptor, Span<byte> attributes);

        [LibraryImport("libc", EntryPoint = "tcsetattr")]
        public static partial int SetAttributes(int descriptor, int when, ReadOnlySpan<byte> attributes);

        [LibraryImport("libc", EntryPoint = "cfmakeraw")]
        public static partial void MakeRaw(Span<byte> attributes);
    }
}
