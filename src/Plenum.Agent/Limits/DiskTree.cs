using System.Text;
using Plenum.Agent.Native;

namespace Plenum.Agent.Limits;

/// <summary>
/// What a directory takes on its disk, counted in pieces so that nobody waits for it: blocks instead of sizes, a file with
/// several names once, no other file systems and no mounts. Its tasks may change the tree meanwhile: it goes from descriptor to
/// descriptor and follows no link, so that it never leaves the tree.
/// </summary>
internal sealed unsafe class DiskTree : IDisposable
{
    /// <summary>
    /// Directories below each other. Each is an open descriptor, of which a process has 20,000 at worst; what lies deeper is not
    /// counted, and <see cref="IsTooDeep"/> says so.
    /// </summary>
    private const int MaxDepth = 1_000;

    /// <summary>Files with several names that are remembered, at about 40 bytes each; further ones count once a name.</summary>
    private const int MaxShared = 500_000;

    private readonly Stack<nint> _open = new();
    private readonly HashSet<ulong> _shared = [];
    private readonly HashSet<ulong> _left = [];
    private readonly ulong _device;

    /// <param name="root">The directory.</param>
    /// <param name="left">Paths of directories in it that do not count.</param>
    public DiskTree(string root, IEnumerable<string> left)
    {
        if (StatusOf(root) is not { IsDirectory: true } status)
        {
            return;
        }

        _device = status.Device;
        Bytes = status.Bytes;
        foreach (var path in left)
        {
            if (StatusOf(path) is { IsDirectory: true } entry && entry.Device == _device)
            {
                _left.Add(entry.Inode);
            }
        }

        fixed (byte* name = Named(root))
        {
            Enter(LibC.CurrentDirectory, name);
        }
    }

    /// <summary>Counted so far.</summary>
    public long Bytes { get; private set; }

    public bool IsTooDeep { get; private set; }

    /// <summary>Looks at so many more entries; false: that was all.</summary>
    public bool Advance(int entries)
    {
        while (entries > 0 && _open.TryPeek(out var stream))
        {
            var name = LibC.NextName(stream);
            if (name is null)
            {
                LibC.CloseStream(_open.Pop());
            }
            else if (!LibC.IsDots(name))
            {
                entries--;
                Count(stream, name);
            }
        }

        return _open.Count > 0;
    }

    public void Dispose()
    {
        while (_open.TryPop(out var stream))
        {
            LibC.CloseStream(stream);
        }
    }

    private void Count(nint stream, byte* name)
    {
        var directory = LibC.DescriptorOf(stream);
        if (LibC.StatusAt(directory, name) is not { } entry || entry.IsMounted(_device))
        {
            return;
        }

        if (entry.IsDirectory)
        {
            if (entry.Device != _device || !_left.Contains(entry.Inode))
            {
                Bytes += entry.Bytes;
                Enter(directory, name);
            }
        }
        else if (!entry.IsShared || _shared.Count == MaxShared || _shared.Add(entry.Inode))
        {
            Bytes += entry.Bytes;
        }
    }

    private void Enter(int directory, byte* name)
    {
        if (_open.Count == MaxDepth)
        {
            IsTooDeep = true;
            return;
        }

        var descriptor = LibC.OpenDirectoryAt(directory, name);
        if (descriptor < 0)
        {
            // Removed meanwhile.
            return;
        }

        var stream = LibC.OpenStream(descriptor);
        if (stream == 0)
        {
            LibC.Close(descriptor);
            return;
        }

        _open.Push(stream);
    }

    private static TreeEntry? StatusOf(string path)
    {
        fixed (byte* name = Named(path))
        {
            return LibC.StatusAt(LibC.CurrentDirectory, name);
        }
    }

    private static byte[] Named(string path) => [.. Encoding.UTF8.GetBytes(path), 0];
}
