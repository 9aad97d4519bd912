namespace Plenum.Agent.Containers;

/// <summary>Size of a terminal in characters.</summary>
internal readonly record struct TerminalSize(ushort Rows, ushort Columns)
{
    public static readonly TerminalSize Default = new(24, 80);
}
