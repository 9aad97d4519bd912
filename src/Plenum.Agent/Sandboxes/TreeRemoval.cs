using System.Runtime.InteropServices;
using System.Text;
using Plenum.Agent.Native;

namespace Plenum.Agent.Sandboxes;

/// <summary>
/// Removes a directory that tasks have written into, with all that is in it: whatever bytes its names are of, however deep it
/// is, through no link, and nothing that is mounted there (.NET would empty that, and stops at the first name that is no UTF-8).
/// </summary>
internal sealed unsafe class TreeRemoval
{
    /// <summary>Open directories at once; what lies deeper is moved up to the top and goes from there.</summary>
    private const int MaxDepth = 128;

    /// <summary>
    /// Looks through one directory until nothing is left in it: for what is moved up, and for a task that still writes. A
    /// tree of a million directories below each other takes this many.
    /// </summary>
    private const int MaxPasses = 10_000;

    private readonly Stack<Level> _levels = new();
    private readonly ulong _device;
    private IOException? _failure;

    private TreeRemoval(ulong device) => _device = device;

    /// <summary>It is gone afterwards; nothing happens when it was not there. A link is removed itself.</summary>
    /// <exception cref="IOException">Something of it cannot be removed, and stays with its directories; the rest is gone.</exception>
    public static void Remove(string path) => Remove(path, keepsRoot: false);

    /// <summary>All that is in a directory; something may be mounted at the directory itself.</summary>
    /// <exception cref="IOException">As above.</exception>
    public static void Empty(string path) => Remove(path, keepsRoot: true);

    private static void Remove(string path, bool keepsRoot)
    {
        fixed (byte* name = RealTree.Named(path.TrimEnd('/')))
        {
            if (LibC.StatusAt(LibC.CurrentDirectory, name) is not { } status)
            {
                return;
            }

            var removal = new TreeRemoval(status.Device);
            try
            {
                if (keepsRoot)
                {
                    removal.Enter(LibC.CurrentDirectory, name);
                    if (removal._levels.TryPeek(out var root))
                    {
                        root.Keeps = true;
                    }
                }
                else
                {
                    removal.Take(LibC.CurrentDirectory, name, status);
                }

                removal.Run();
            }
            finally
            {
                while (removal._levels.TryPop(out var level))
                {
                    LibC.CloseStream(level.Stream);
                }
            }

            if (removal._failure is { } failure)
            {
                throw new IOException($"{path} cannot be removed whole: {failure.Message}", failure);
            }
        }
    }

    private void Run()
    {
        while (_levels.TryPeek(out var level))
        {
            var name = LibC.NextName(level.Stream);
            if (name is null)
            {
                Leave(level);
            }
            else if (!LibC.IsDots(name) && LibC.StatusAt(LibC.DescriptorOf(level.Stream), name) is { } entry)
            {
                Take(LibC.DescriptorOf(level.Stream), name, entry);
            }
        }
    }

    private void Take(int directory, byte* name, TreeEntry entry)
    {
        if (entry.IsMounted(_device))
        {
            Fail(name, "something is mounted there; unmount it");
        }
        else if (!entry.IsDirectory)
        {
            if (LibC.RemoveAt(directory, name, 0) != 0 && LibC.LastError != LibC.ErrorNotFound)
            {
                Fail(name, LibC.Describe(LibC.LastError));
            }
        }
        else if (_levels.Count == MaxDepth)
        {
            MoveUp(directory, name);
        }
        else
        {
            Enter(directory, name);
        }
    }

    private void MoveUp(int directory, byte* name)
    {
        var root = _levels.Last();
        root.HasMore = true;
        fixed (byte* fresh = RealTree.Named($".plenum-removal-{Guid.NewGuid():N}"))
        {
            if (LibC.RenameAt(directory, name, LibC.DescriptorOf(root.Stream), fresh) != 0 && LibC.LastError != LibC.ErrorNotFound)
            {
                Fail(name, LibC.Describe(LibC.LastError));
            }
        }
    }

    private void Enter(int directory, byte* name)
    {
        var descriptor = LibC.OpenDirectoryAt(directory, name);
        if (descriptor < 0)
        {
            if (LibC.LastError != LibC.ErrorNotFound)
            {
                Fail(name, LibC.Describe(LibC.LastError));
            }

            return;
        }

        var stream = LibC.OpenStream(descriptor);
        if (stream == 0)
        {
            Fail(name, LibC.Describe(LibC.LastError));
            LibC.Close(descriptor);
            return;
        }

        _levels.Push(new Level(stream, directory, MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name).ToArray()));
    }

    private void Leave(Level level)
    {
        // 1. Once more, for what was moved here meanwhile.
        if (level.HasMore && ++level.Passes < MaxPasses)
        {
            level.HasMore = false;
            LibC.Rewind(level.Stream);
            return;
        }

        // 2. It is empty, unless somebody still writes.
        if (!level.Keeps)
        {
            fixed (byte* name = (byte[])[.. level.Name, 0])
            {
                if (LibC.RemoveAt(level.Parent, name, LibC.RemoveEmptyDirectory) != 0 && LibC.LastError != LibC.ErrorNotFound)
                {
                    if (LibC.LastError is LibC.ErrorNotEmpty or LibC.ErrorExists && ++level.Passes < MaxPasses)
                    {
                        LibC.Rewind(level.Stream);
                        return;
                    }

                    Fail(name, LibC.Describe(LibC.LastError));
                }
            }
        }

        LibC.CloseStream(_levels.Pop().Stream);
    }

    // What stays keeps all directories that it is in; the first reason is told.
    private void Fail(byte* name, string reason)
    {
        foreach (var level in _levels)
        {
            level.Keeps = true;
        }

        _failure ??= new IOException($"'{Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name))}': {reason}");
    }

    private sealed class Level(nint stream, int parent, byte[] name)
    {
        public nint Stream { get; } = stream;

        public int Parent { get; } = parent;

        public byte[] Name { get; } = name;

        public int Passes { get; set; }

        /// <summary>Something was moved here since the last look through it.</summary>
        public bool HasMore { get; set; }

        /// <summary>It stays: for something in it that could not be removed, or because only its content goes.</summary>
        public bool Keeps { get; set; }
    }
}
