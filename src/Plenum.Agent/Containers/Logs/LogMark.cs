using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Plenum.Agent.Native;

namespace Plenum.Agent.Containers.Logs;

/// <summary>
/// Says which part of all that a container wrote a file holds, in an attribute of the file itself: it goes along when the
/// file is renamed, and a task cannot change it where the agent is root. On a file system without attributes every
/// file begins at zero.
/// </summary>
/// <param name="Start">How many bytes were written before the first one of the file.</param>
/// <param name="Cutting">The bytes that a cut under way takes off, zero when none is.</param>
/// <param name="Length">The file's length before that cut.</param>
/// <param name="Since">When the file began, in Unix seconds; zero when nobody looked yet.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct LogMark(long Start, long Cutting = 0, long Length = 0, long Since = 0)
{
    private const int Size = 4 * sizeof(long);

    private static readonly string Name = Environment.IsPrivilegedProcess ? "trusted.plenum.log" : "user.plenum.log";

    public static LogMark Of(SafeFileHandle file)
    {
        Span<byte> value = stackalloc byte[Size];
        if (LibC.GetAttribute(file, Name, value, Size) != Size)
        {
            return default;
        }

        var mark = new LogMark(At(value, 0), At(value, 1), At(value, 2), At(value, 3));
        if (mark.Start < 0 || mark.Cutting < 0 || mark.Start + mark.Cutting < 0)
        {
            // Not written by an agent.
            return default;
        }

        // An agent that died while it cut: only the cut makes a log shorter.
        return mark.Cutting > 0 && RandomAccess.GetLength(file) < mark.Length
            ? new LogMark(mark.Start + mark.Cutting, Since: mark.Since)
            : mark with { Cutting = 0, Length = 0 };
    }

    /// <summary>False when the file system keeps no attributes.</summary>
    public bool Put(SafeFileHandle file)
    {
        Span<byte> value = stackalloc byte[Size];
        ReadOnlySpan<long> fields = [Start, Cutting, Length, Since];
        for (var i = 0; i < fields.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(value[(i * sizeof(long))..], fields[i]);
        }

        return LibC.SetAttribute(file, Name, value, Size, 0) == 0;
    }

    private static long At(ReadOnlySpan<byte> value, int index) => BinaryPrimitives.ReadInt64LittleEndian(value[(index * sizeof(long))..]);
}
