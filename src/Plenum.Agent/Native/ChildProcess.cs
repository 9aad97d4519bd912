using System.Runtime.InteropServices;

namespace Plenum.Agent.Native;

/// <summary>
/// Starts programs by posix_spawn. Unlike System.Diagnostics.Process it passes chosen descriptors, resets
/// what the runtime did to signals (SIGPIPE is ignored in a .NET process, and an ignored signal stays ignored
/// across exec), and starts the child in the calling thread's mount namespace.
/// </summary>
internal static class ChildProcess
{
    // Copies of descriptors go above every target in use, so that no dup2 overwrites a source yet to be copied.
    private const int FirstSafeDescriptor = 64;

    /// <summary>Returns the pid; the caller watches and reaps it with <see cref="ProcessWatcher"/>.</summary>
    /// <exception cref="NativeException">The program could not be started.</exception>
    public static unsafe int Spawn(SpawnRequest request)
    {
        var actions = stackalloc byte[LibC.FileActionsSize];
        var attributes = stackalloc byte[LibC.AttributesSize];
        var signals = stackalloc byte[LibC.SignalSetSize];
        var copies = new List<OwnedFd>();
        Check(LibC.InitFileActions(actions));
        Check(LibC.InitAttributes(attributes));
        try
        {
            var flags = (short)(LibC.SpawnSetSignalDefaults | LibC.SpawnSetSignalMask);
            Check(LibC.SetFlags(attributes, request.NewSession ? (short)(flags | LibC.SpawnSetSession) : flags));
            Check(LibC.EmptySignalSet(signals));
            Check(LibC.SetSignalMask(attributes, signals));
            Check(LibC.FillSignalSet(signals));
            Check(LibC.SetSignalDefaults(attributes, signals));

            if (request.Terminal is not null)
            {
                Check(LibC.AddOpen(actions, 0, request.Terminal, LibC.OpenReadWrite, 0));
                Check(LibC.AddDuplicate(actions, 0, 1));
                Check(LibC.AddDuplicate(actions, 0, 2));
            }
            foreach (var (target, source) in request.Descriptors)
            {
                var copy = LibC.Control(source, LibC.DuplicateCloseOnExec, FirstSafeDescriptor);
                NativeException.ThrowIfFailed(copy, "duplicate a descriptor");
                copies.Add(new OwnedFd(copy));
                Check(LibC.AddDuplicate(actions, copy, target));
            }
            if (request.WorkingDirectory is not null)
            {
                Check(LibC.AddChangeDirectory(actions, request.WorkingDirectory));
            }
            var arguments = ToNative([request.Program, .. request.Arguments]);
            var environment = ToNative([.. request.Environment.Select(static v => $"{v.Key}={v.Value}")]);
            try
            {
                var error = LibC.Spawn(out var pid, request.Program, actions, attributes, arguments, environment);
                return error == 0 ? pid : throw new NativeException($"start {request.Program}", error);
            }
            finally
            {
                Free(arguments);
                Free(environment);
            }
        }
        finally
        {
            copies.ForEach(static copy => copy.Dispose());
            Check(LibC.DestroyFileActions(actions));
            Check(LibC.DestroyAttributes(attributes));
        }
    }

    private static void Check(int error)
    {
        if (error != 0)
        {
            throw new NativeException("prepare a process", error);
        }
    }

    private static unsafe byte** ToNative(string[] values)
    {
        var list = (byte**)NativeMemory.AllocZeroed((nuint)values.Length + 1, (nuint)sizeof(byte*));
        for (var i = 0; i < values.Length; i++)
        {
            list[i] = (byte*)Marshal.StringToCoTaskMemUTF8(values[i]);
        }
        return list;
    }

    private static unsafe void Free(byte** list)
    {
        for (var entry = list; *entry is not null; entry++)
        {
            Marshal.FreeCoTaskMem((nint)(*entry));
        }
        NativeMemory.Free(list);
    }
}
