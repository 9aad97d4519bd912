using Plenum.Agent.Native;

namespace Plenum.Agent.Sandboxes;

/// <summary>
/// Moves what is in one directory into another of the same file system: directories of one name become one, anything else
/// replaces what had its name, a link itself and never what it points to.
/// </summary>
internal static unsafe class TreeMerge
{
    /// <summary>Directories below each other that are in both; each is two open descriptors.</summary>
    private const int MaxDepth = 256;

    /// <exception cref="IOException">A file would replace a directory, or the disk refuses.</exception>
    public static void Move(string from, string into)
    {
        using var source = OwnedFd.Open(from, LibC.OpenReadOnly | LibC.OpenDirectory);
        using var target = OwnedFd.Open(into, LibC.OpenReadOnly | LibC.OpenDirectory);
        Move(source.Number, target.Number, MaxDepth);
    }

    private static void Move(int from, int into, int depth)
    {
        if (depth == 0)
        {
            throw new IOException($"more than {MaxDepth} directories below each other are in the sandbox already");
        }

        // Of its own: the stream closes the descriptor that it reads from.
        foreach (var name in NamesIn(from))
        {
            fixed (byte* pointer = name)
            {
                MoveEntry(from, into, pointer, depth);
            }
        }
    }

    private static void MoveEntry(int from, int into, byte* name, int depth)
    {
        var text = System.Runtime.InteropServices.Marshal.PtrToStringUTF8((nint)name);
        if (LibC.StatusAt(into, name) is { } present)
        {
            if (present.IsDirectory && LibC.StatusAt(from, name) is { IsDirectory: true })
            {
                using var source = new OwnedFd(LibC.OpenDirectoryAt(from, name));
                using var target = new OwnedFd(LibC.OpenDirectoryAt(into, name));
                NativeException.ThrowIfFailed(source.IsInvalid || target.IsInvalid ? -1 : 0, $"open '{text}'");
                Move(source.Number, target.Number, depth - 1);
                return;
            }

            if (present.IsDirectory)
            {
                throw new IOException($"'{text}' is a directory in the sandbox already");
            }

            // A directory cannot replace anything else in one step.
            NativeException.ThrowIfFailed(LibC.RemoveAt(into, name, 0), $"replace '{text}'");
        }

        NativeException.ThrowIfFailed(LibC.RenameAt(from, name, into, name), $"place '{text}'");
    }

    // All of them before the first one leaves: a directory that changes while it is read may show a name twice.
    private static List<byte[]> NamesIn(int directory)
    {
        var names = new List<byte[]>();
        fixed (byte* self = "."u8)
        {
            var stream = LibC.OpenStream(LibC.OpenDirectoryAt(directory, self));
            NativeException.ThrowIfFailed(stream == 0 ? -1 : 0, "read a directory");
            try
            {
                for (var name = LibC.NextName(stream); name is not null; name = LibC.NextName(stream))
                {
                    if (!LibC.IsDots(name))
                    {
                        names.Add([.. System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name), 0]);
                    }
                }
            }
            finally
            {
                LibC.CloseStream(stream);
            }
        }

        return names;
    }
}
