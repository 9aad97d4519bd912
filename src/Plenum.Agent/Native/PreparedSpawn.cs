using System.Runtime.InteropServices;

namespace Plenum.Agent.Native;

/// <summary>A program to start, with everything posix_spawn needs laid out in native memory.</summary>
internal sealed unsafe class PreparedSpawn : IDisposable
{
    // Copies of descriptors go above every target in use, so that no dup2 overwrites a source yet to be copied.
    private const int FirstSafeDescriptor = 64;

    private readonly List<OwnedFd> _copies = [];
    private readonly byte* _memory;
    private bool _disposed;

    public PreparedSpawn(SpawnRequest request)
    {
        _memory = (byte*)NativeMemory.AllocZeroed(LibC.FileActionsSize + LibC.AttributesSize);
        Check(LibC.InitFileActions(FileActions));
        Check(LibC.InitAttributes(Attributes));
        Program = (byte*)Marshal.StringToCoTaskMemUTF8(request.Program);
        Arguments = ToNative([request.Program, .. request.Arguments]);
        Environment = ToNative([.. request.Environment.Select(static v => $"{v.Key}={v.Value}")]);
        try
        {
            SetSignals(request.NewSession);
            SetDescriptors(request);
        }
        catch (NativeException)
        {
            Dispose();
            throw;
        }
    }

    public byte* Program { get; }

    public byte* FileActions => _memory;

    public byte* Attributes => _memory + LibC.FileActionsSize;

    public byte** Arguments { get; }

    public byte** Environment { get; }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }
        _disposed = true;
        _copies.ForEach(static copy => copy.Dispose());
        Check(LibC.DestroyFileActions(FileActions));
        Check(LibC.DestroyAttributes(Attributes));
        NativeMemory.Free(_memory);
        Marshal.FreeCoTaskMem((nint)Program);
        Free(Arguments);
        Free(Environment);
    }

    private void SetSignals(bool newSession)
    {
        var signals = stackalloc byte[LibC.SignalSetSize];
        var flags = (short)(LibC.SpawnSetSignalDefaults | LibC.SpawnSetSignalMask);
        Check(LibC.SetFlags(Attributes, newSession ? (short)(flags | LibC.SpawnSetSession) : flags));
        Check(LibC.EmptySignalSet(signals));
        Check(LibC.SetSignalMask(Attributes, signals));
        Check(LibC.FillSignalSet(signals));
        Check(LibC.SetSignalDefaults(Attributes, signals));
    }

    private void SetDescriptors(SpawnRequest request)
    {
        if (request.Terminal is not null)
        {
            Check(LibC.AddOpen(FileActions, 0, request.Terminal, LibC.OpenReadWrite, 0));
            Check(LibC.AddDuplicate(FileActions, 0, 1));
            Check(LibC.AddDuplicate(FileActions, 0, 2));
        }
        foreach (var (target, source) in request.Descriptors)
        {
            var copy = LibC.Control(source, LibC.DuplicateCloseOnExec, FirstSafeDescriptor);
            NativeException.ThrowIfFailed(copy, "duplicate a descriptor");
            _copies.Add(new OwnedFd(copy));
            Check(LibC.AddDuplicate(FileActions, copy, target));
        }
        if (request.WorkingDirectory is not null)
        {
            Check(LibC.AddChangeDirectory(FileActions, request.WorkingDirectory));
        }
    }

    private static void Check(int error)
    {
        if (error != 0)
        {
            throw new NativeException("prepare a process", error);
        }
    }

    private static byte** ToNative(string[] values)
    {
        var list = (byte**)NativeMemory.AllocZeroed((nuint)values.Length + 1, (nuint)sizeof(byte*));
        for (var i = 0; i < values.Length; i++)
        {
            list[i] = (byte*)Marshal.StringToCoTaskMemUTF8(values[i]);
        }
        return list;
    }

    private static void Free(byte** list)
    {
        for (var entry = list; *entry is not null; entry++)
        {
            Marshal.FreeCoTaskMem((nint)(*entry));
        }
        NativeMemory.Free(list);
    }
}
