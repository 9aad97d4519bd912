using System.Runtime.InteropServices;

namespace Plenum.Agent.Containers;

/// <summary>Size of a terminal in characters.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TerminalSize(ushort Rows, ushort Columns)
{
    public static readonly TerminalSize Default = new(24, 80);
}
