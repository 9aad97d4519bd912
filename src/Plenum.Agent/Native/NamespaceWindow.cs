using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Plenum.Agent.Native;

/// <summary>
/// The moment in which a thread is in another mount namespace. Whatever thread is created by this one in that
/// moment would stay in the namespace for good, and .NET creates threads where one does not expect it: a
/// completed task may start a pool worker, a warm method the compiler's worker, an allocation the collector's. So
/// everything is laid out beforehand, and the moment itself is one method, compiled once, that calls nothing but
/// the C library through pointers and allocates nothing.
/// </summary>
internal sealed unsafe class NamespaceWindow : IDisposable
{
    private static readonly nint Library = NativeLibrary.Load("libc.so.6");
    private static readonly delegate* unmanaged<int, int> Unshare = (delegate* unmanaged<int, int>)Export("unshare");
    private static readonly delegate* unmanaged<int, int, int> SetNamespace = (delegate* unmanaged<int, int, int>)Export("setns");
    private static readonly delegate* unmanaged<byte*, byte*, byte*, ulong, byte*, int> Mount =
        (delegate* unmanaged<byte*, byte*, byte*, ulong, byte*, int>)Export("mount");
    private static readonly delegate* unmanaged<byte*, int, int> Unmount = (delegate* unmanaged<byte*, int, int>)Export("umount2");
    private static readonly delegate* unmanaged<byte*, int> ChangeDirectory = (delegate* unmanaged<byte*, int>)Export("chdir");
    private static readonly delegate* unmanaged<int*, byte*, byte*, byte*, byte**, byte**, int> Spawn =
        (delegate* unmanaged<int*, byte*, byte*, byte*, byte**, byte**, int>)Export("posix_spawn");
    private static readonly delegate* unmanaged<long, long, byte*, long, byte*, long, long> SystemCall =
        (delegate* unmanaged<long, long, byte*, long, byte*, long, long>)Export("syscall");
    private static readonly delegate* unmanaged<int*> ErrorLocation = (delegate* unmanaged<int*>)Export("__errno_location");

    private readonly PreparedSpawn _spawn;
    private readonly SpawnRequest _request;
    private readonly IReadOnlyList<MountStep> _steps;
    private readonly Step* _native;
    private readonly byte* _root;
    private readonly byte* _nothing;

    public NamespaceWindow(SpawnRequest request, IReadOnlyList<MountStep> steps)
    {
        _request = request;
        _steps = steps;
        _spawn = new PreparedSpawn(request);
        _root = ToNative("/");
        _nothing = ToNative("");
        _native = (Step*)NativeMemory.AllocZeroed((nuint)Math.Max(1, steps.Count), (nuint)sizeof(Step));
        for (var i = 0; i < steps.Count; i++)
        {
            _native[i] = new Step
            {
                Kind = steps[i].Kind,
                Tree = -1,
                Taken = steps[i].Tree?.Number ?? -1,
                Source = ToNative(steps[i].Source),
                Target = ToNative(steps[i].Target),
                Type = ToNative(steps[i].Type),
                Data = ToNative(steps[i].Data),
            };
        }
    }

    /// <summary>Where the moment ended, for the error text.</summary>
    private enum Place
    {
        Enter,
        Separate,
        Steps,
        Spawn,
        Done,
    }

    /// <param name="home">The namespace to come back to.</param>
    /// <param name="target">The namespace to enter; null: a new one.</param>
    public int Run(OwnedFd home, OwnedFd? target)
    {
        var outcome = new Outcome { Step = -1 };
        Cross(home.Number, target?.Number ?? -1, _steps.Count, &outcome);
        for (var i = 0; i < _steps.Count; i++)
        {
            if (_native[i].Tree >= 0)
            {
                LibC.Close(_native[i].Tree);
                _native[i].Tree = -1;
            }
        }
        if (outcome.LostHome != 0)
        {
            // A thread that cannot come back would start everything after this in a container's namespace.
            Environment.FailFast($"The thread cannot return to its mount namespace: {LibC.Describe(outcome.LostHome)}");
        }
        return outcome.Place == Place.Done ? outcome.Pid : throw new NativeException(Describe(outcome), outcome.Error);
    }

    public void Dispose()
    {
        _spawn.Dispose();
        for (var i = 0; i < _steps.Count; i++)
        {
            Marshal.FreeCoTaskMem((nint)_native[i].Source);
            Marshal.FreeCoTaskMem((nint)_native[i].Target);
            Marshal.FreeCoTaskMem((nint)_native[i].Type);
            Marshal.FreeCoTaskMem((nint)_native[i].Data);
        }
        NativeMemory.Free(_native);
        Marshal.FreeCoTaskMem((nint)_root);
        Marshal.FreeCoTaskMem((nint)_nothing);
    }

    private string Describe(Outcome outcome) => outcome.Place switch
    {
        Place.Enter => "enter a mount namespace",
        Place.Separate => "separate a mount namespace",
        Place.Steps => _steps[outcome.Step].Purpose,
        _ => $"start {_request.Program}",
    };

    // AggressiveOptimization: compiled in full at the first call, never counted and never replaced later.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void Cross(int home, int target, int stepCount, Outcome* outcome)
    {
        // A thread that .NET created from this one shares its directory, and setns refuses that.
        Unshare(LibC.CloneFileSystem);
        outcome->Place = Place.Enter;
        var failed = target >= 0 ? SetNamespace(target, LibC.CloneNewMountNamespace) : Unshare(LibC.CloneNewMountNamespace);
        for (var i = 0; failed == 0 && i < stepCount; i++)
        {
            var step = _native + i;
            if (step->Kind == MountStepKind.Share)
            {
                outcome->Place = Place.Steps;
                outcome->Step = i;
                step->Tree = (int)SystemCall(
                    LibC.CallOpenTree,
                    LibC.AtCurrentDirectory,
                    step->Source,
                    LibC.OpenTreeClone | LibC.AtRecursive | LibC.OpenCloseOnExec,
                    null,
                    0);
                failed = step->Tree < 0 ? -1 : 0;
            }
        }
        if (failed == 0 && target < 0)
        {
            // Slave: what the machine unmounts later goes here too, instead of staying busy for the container's life.
            outcome->Place = Place.Separate;
            failed = Mount(null, _root, null, LibC.MountRecursive | LibC.MountSlave, null);
        }
        for (var i = 0; failed == 0 && i < stepCount; i++)
        {
            outcome->Place = Place.Steps;
            outcome->Step = i;
            var step = _native + i;
            failed = step->Kind == MountStepKind.Mount ? Mount(step->Source, step->Target, step->Type, 0, step->Data)
                : step->Kind == MountStepKind.Share
                    ? (int)SystemCall(
                        LibC.CallMoveMount, step->Tree, _nothing, LibC.AtCurrentDirectory, step->Target, LibC.MoveMountEmptyPath)
                : step->Kind == MountStepKind.Attach
                    ? (int)SystemCall(
                        LibC.CallMoveMount, step->Taken, _nothing, LibC.AtCurrentDirectory, step->Target, LibC.MoveMountEmptyPath)
                : step->Kind == MountStepKind.Bind ? Mount(step->Source, step->Target, null, LibC.MountBind | LibC.MountRecursive, null)
                : step->Kind == MountStepKind.Unmount ? Unmount(step->Target, LibC.UnmountDetach)
                : ChangeDirectory(step->Target);
        }
        if (failed == 0)
        {
            outcome->Place = Place.Spawn;
            int pid;
            outcome->Error = Spawn(
                &pid, _spawn.Program, _spawn.FileActions, _spawn.Attributes, _spawn.Arguments, _spawn.Environment);
            outcome->Pid = pid;
            outcome->Place = outcome->Error == 0 ? Place.Done : Place.Spawn;
        }
        else
        {
            outcome->Error = *ErrorLocation();
        }
        outcome->LostHome = SetNamespace(home, LibC.CloneNewMountNamespace) == 0 ? 0 : *ErrorLocation();
    }

    private static nint Export(string name) => NativeLibrary.GetExport(Library, name);

    private static byte* ToNative(string? text) => (byte*)Marshal.StringToCoTaskMemUTF8(text);

    [StructLayout(LayoutKind.Sequential)]
    private struct Step
    {
        public MountStepKind Kind;
        public int Tree;
        public int Taken;
        public byte* Source;
        public byte* Target;
        public byte* Type;
        public byte* Data;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Outcome
    {
        public Place Place;
        public int Step;
        public int Pid;
        public int Error;
        public int LostHome;
    }
}
