using System.Text;
using Plenum.Agent.Native;

namespace Plenum.Agent.Sandboxes;

/// <summary>
/// All that is below a directory, a directory before what is in it. It goes from descriptor to descriptor, through no link and
/// into nothing mounted there, and so never out of a sandbox or a layer in which an archive left a link. Names are bytes: those
/// of tasks and archives need not be UTF-8, and .NET's own recursion neither finds nor removes others.
/// </summary>
internal sealed unsafe class RealTree : IDisposable
{
    /// <summary>
    /// Directories below each other. Each is an open descriptor, of which a process has 20,000 at worst; a path that the
    /// kernel takes has 2,048 at most.
    /// </summary>
    private const int MaxDepth = 2_048;

    private readonly Stack<nint> _open = new();
    private readonly List<string> _names = [];
    private readonly ulong _device;
    private bool _enters;

    /// <param name="root">A directory; of anything else nothing is below it.</param>
    public RealTree(string root)
    {
        fixed (byte* name = Named(root))
        {
            if (LibC.StatusAt(LibC.CurrentDirectory, name) is { IsDirectory: true } status)
            {
                _device = status.Device;
                Enter(LibC.CurrentDirectory, name);
            }
        }
    }

    /// <summary>Descriptor of the directory that the entry is in.</summary>
    public int Directory => LibC.DescriptorOf(_open.Peek());

    /// <summary>The entry's name in it, ended by a zero; good until the next one.</summary>
    public byte* Name { get; private set; }

    public TreeEntry Entry { get; private set; }

    /// <summary>The name without its zero.</summary>
    public ReadOnlySpan<byte> NameBytes => System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(Name);

    /// <summary>The name for people.</summary>
    public string NameText => Encoding.UTF8.GetString(NameBytes);

    /// <summary>The same with the directories that it is in, from the root on.</summary>
    public string PathText => string.Join('/', [.. _names, NameText]);

    public static byte[] Named(string path) => [.. Encoding.UTF8.GetBytes(path), 0];

    /// <summary>On to the next entry; false: that was all.</summary>
    /// <exception cref="IOException">The tree is too deep.</exception>
    public bool Next()
    {
        // Only now: whoever looked at the entry before may have removed it.
        if (_enters)
        {
            _enters = false;
            var name = NameText;
            if (Enter(Directory, Name))
            {
                _names.Add(name);
            }
        }

        while (_open.TryPeek(out var stream))
        {
            var name = LibC.NextName(stream);
            if (name is null)
            {
                LibC.CloseStream(_open.Pop());
                if (_names.Count > 0)
                {
                    _names.RemoveAt(_names.Count - 1);
                }
            }
            else if (!LibC.IsDots(name) && LibC.StatusAt(LibC.DescriptorOf(stream), name) is { } entry)
            {
                Name = name;
                Entry = entry;
                _enters = entry.IsDirectory && !entry.IsMounted(_device);
                return true;
            }
        }

        return false;
    }

    public void Dispose()
    {
        while (_open.TryPop(out var stream))
        {
            LibC.CloseStream(stream);
        }
    }

    private bool Enter(int directory, byte* name)
    {
        if (_open.Count == MaxDepth)
        {
            throw new IOException($"there are more than {MaxDepth} directories below each other");
        }

        var descriptor = LibC.OpenDirectoryAt(directory, name);
        if (descriptor < 0)
        {
            // Removed meanwhile.
            return false;
        }

        var stream = LibC.OpenStream(descriptor);
        if (stream == 0)
        {
            LibC.Close(descriptor);
            throw NativeException.Last("read a directory");
        }

        _open.Push(stream);
        return true;
    }
}
