using System.Runtime.InteropServices;

namespace Plenum.Cli.Terminal;

/// <summary>What the person sits in front of, if anybody does.</summary>
internal interface ITerminal
{
    bool InputIsTerminal { get; }

    bool OutputIsTerminal { get; }

    bool ErrorIsTerminal { get; }

    TerminalSize Size { get; }

    /// <summary>Hands every key to the reader unchanged, Ctrl-C included, until disposed.</summary>
    IDisposable EnterRawMode();

    /// <summary>Calls back when the window changes its size, until disposed.</summary>
    IDisposable OnResize(Action resized);
}

[StructLayout(LayoutKind.Auto)]
internal readonly record struct TerminalSize(int Columns, int Rows);
