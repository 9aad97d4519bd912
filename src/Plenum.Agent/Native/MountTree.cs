using System.Runtime.InteropServices;

namespace Plenum.Agent.Native;

/// <summary>
/// A file or directory of the machine as a mount that is nowhere yet. It ends with its descriptor unless it was put
/// somewhere, so that nothing stays when the agent is killed.
/// </summary>
internal static partial class MountTree
{
    private const long CallSetAttributes = 442;
    private const ulong MapIds = 0x100000;
    private const uint EmptyPath = 0x1000;

    /// <param name="path">What it shows.</param>
    /// <param name="recursive">With what is mounted below it.</param>
    /// <param name="users">
    /// The user namespace in which the files shall have the ids that they have on disk; null: they have those by the machine's view.
    /// </param>
    /// <exception cref="NativeException">It is not there, or its file system cannot.</exception>
    public static OwnedFd Open(string path, bool recursive, OwnedFd? users)
    {
        var depth = recursive ? LibC.AtRecursive : 0;
        var descriptor = OpenTree(
            LibC.CallOpenTree, LibC.AtCurrentDirectory, path, LibC.OpenTreeClone | LibC.OpenCloseOnExec | depth);
        NativeException.ThrowIfFailed((int)descriptor, $"take {path}");
        var tree = new OwnedFd((int)descriptor);
        var wanted = new Attributes
        {
            Set = users is null ? 0 : MapIds,
            Users = users is null ? 0 : (ulong)users.Number,
            // What the machine mounts there later comes along; what a container does never goes back.
            Propagation = LibC.MountSlave,
        };
        if (SetAttributes(CallSetAttributes, tree.Number, "", EmptyPath | depth, ref wanted, (nuint)Marshal.SizeOf<Attributes>()) != 0)
        {
            var failure = NativeException.Last($"map the owners of {path}");
            tree.Dispose();
            throw failure;
        }

        return tree;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long OpenTree(long number, long directory, string path, long flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long SetAttributes(long number, long directory, string path, long flags, ref Attributes attributes, nuint size);

    /// <summary>The kernel's own layout.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Attributes
    {
        public ulong Set;
        public ulong Clear;
        public ulong Propagation;
        public ulong Users;
    }
}
