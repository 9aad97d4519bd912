using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Plenum.Agent.Native;

/// <summary>
/// The moment in which a thread is in another network namespace, to make one or to open a socket in it: a
/// socket stays in the namespace in which it was opened, whoever uses it later. The rules of
/// <see cref="NamespaceWindow"/> hold here too: nothing but calls through pointers while the thread is away.
/// </summary>
internal static unsafe class NetworkWindow
{
    private const int CloneNewNetwork = 0x40000000;
    private const int InterNetwork = 2;
    private const int InterNetworkV6 = 10;
    private const int StreamCloseOnExec = 1 | LibC.OpenCloseOnExec;
    private const int DatagramCloseOnExec = 2 | LibC.OpenCloseOnExec;
    private const ulong SetInterfaceFlags = 0x8914;
    private const short InterfaceUpAndRunning = 0x41;

    // struct ifreq: 16 bytes of name, then a union of 24.
    private const int InterfaceRequestSize = 40;
    private const int InterfaceFlagsOffset = 16;

    private static readonly nint Library = NativeLibrary.Load("libc.so.6");
    private static readonly delegate* unmanaged<int, int> Unshare = (delegate* unmanaged<int, int>)Export("unshare");
    private static readonly delegate* unmanaged<int, int, int> SetNamespace = (delegate* unmanaged<int, int, int>)Export("setns");
    private static readonly delegate* unmanaged<byte*, byte*, byte*, ulong, byte*, int> Mount =
        (delegate* unmanaged<byte*, byte*, byte*, ulong, byte*, int>)Export("mount");
    private static readonly delegate* unmanaged<int, int, int, int> OpenSocketCall = (delegate* unmanaged<int, int, int, int>)Export("socket");
    private static readonly delegate* unmanaged<int, ulong, byte*, int> Control = (delegate* unmanaged<int, ulong, byte*, int>)Export("ioctl");
    private static readonly delegate* unmanaged<int, int> Close = (delegate* unmanaged<int, int>)Export("close");
    private static readonly delegate* unmanaged<int*> ErrorLocation = (delegate* unmanaged<int*>)Export("__errno_location");

    private enum Place
    {
        Enter,
        Name,
        Loopback,
        Socket,
        Done,
    }

    /// <summary>Makes a network namespace whose only interface is loopback, and keeps it by a mount on an existing file.</summary>
    public static void Create(string file)
    {
        var request = stackalloc byte[InterfaceRequestSize];
        FillLoopback(request);
        var target = (byte*)Marshal.StringToCoTaskMemUTF8(file);
        var own = (byte*)Marshal.StringToCoTaskMemUTF8("/proc/thread-self/ns/net");
        try
        {
            using var home = OwnedFd.Open("/proc/thread-self/ns/net", LibC.OpenReadOnly);
            Outcome outcome = default;
            CrossToCreate(home.Number, own, target, request, &outcome);
            Check(outcome);
        }
        finally
        {
            Marshal.FreeCoTaskMem((nint)target);
            Marshal.FreeCoTaskMem((nint)own);
        }
    }

    /// <summary>Keeps a namespace that was made elsewhere by a mount on an existing file, and brings up its loopback.</summary>
    /// <param name="source">Names it now.</param>
    public static void Keep(string source, string file)
    {
        NativeException.ThrowIfFailed(LibC.Mount(source, file, null, LibC.MountBind, null), "keep a network namespace");
        var request = stackalloc byte[InterfaceRequestSize];
        FillLoopback(request);
        using var home = OwnedFd.Open("/proc/thread-self/ns/net", LibC.OpenReadOnly);
        using var target = OwnedFd.Open(file, LibC.OpenReadOnly);
        Outcome outcome = default;
        CrossToRaise(home.Number, target.Number, request, &outcome);
        Check(outcome);
    }

    /// <summary>A TCP socket in the namespace that a file names; not connected.</summary>
    public static OwnedFd OpenSocket(string file, bool ipv6)
    {
        using var home = OwnedFd.Open("/proc/thread-self/ns/net", LibC.OpenReadOnly);
        using var target = OwnedFd.Open(file, LibC.OpenReadOnly);
        Outcome outcome = default;
        CrossToOpen(home.Number, target.Number, ipv6 ? InterNetworkV6 : InterNetwork, &outcome);
        Check(outcome);
        return new OwnedFd(outcome.Descriptor);
    }

    // AggressiveOptimization: compiled in full at the first call, never counted and never replaced later.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void CrossToCreate(int home, byte* own, byte* target, byte* loopback, Outcome* outcome)
    {
        if (Unshare(CloneNewNetwork) != 0)
        {
            outcome->Error = *ErrorLocation();
            return;
        }
        outcome->Place = Place.Name;
        var failed = Mount(own, target, null, LibC.MountBind, null);
        if (failed == 0)
        {
            outcome->Place = Place.Loopback;
            var socket = OpenSocketCall(InterNetwork, DatagramCloseOnExec, 0);
            failed = socket < 0 ? socket : Control(socket, SetInterfaceFlags, loopback);
            if (socket >= 0)
            {
                Close(socket);
            }
        }
        if (failed == 0)
        {
            outcome->Place = Place.Done;
        }
        else
        {
            outcome->Error = *ErrorLocation();
        }
        outcome->LostHome = SetNamespace(home, CloneNewNetwork) == 0 ? 0 : *ErrorLocation();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void CrossToRaise(int home, int target, byte* loopback, Outcome* outcome)
    {
        if (SetNamespace(target, CloneNewNetwork) != 0)
        {
            outcome->Error = *ErrorLocation();
            return;
        }
        outcome->Place = Place.Loopback;
        var socket = OpenSocketCall(InterNetwork, DatagramCloseOnExec, 0);
        var failed = socket < 0 ? socket : Control(socket, SetInterfaceFlags, loopback);
        if (failed == 0)
        {
            outcome->Place = Place.Done;
        }
        else
        {
            outcome->Error = *ErrorLocation();
        }
        if (socket >= 0)
        {
            Close(socket);
        }
        outcome->LostHome = SetNamespace(home, CloneNewNetwork) == 0 ? 0 : *ErrorLocation();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void CrossToOpen(int home, int target, int family, Outcome* outcome)
    {
        if (SetNamespace(target, CloneNewNetwork) != 0)
        {
            outcome->Error = *ErrorLocation();
            return;
        }
        outcome->Place = Place.Socket;
        outcome->Descriptor = OpenSocketCall(family, StreamCloseOnExec, 0);
        if (outcome->Descriptor >= 0)
        {
            outcome->Place = Place.Done;
        }
        else
        {
            outcome->Error = *ErrorLocation();
        }
        outcome->LostHome = SetNamespace(home, CloneNewNetwork) == 0 ? 0 : *ErrorLocation();
    }

    private static void Check(Outcome outcome)
    {
        if (outcome.LostHome != 0)
        {
            // Everything that this thread does later would happen in a container's network.
            Environment.FailFast($"The thread cannot return to its network namespace: {LibC.Describe(outcome.LostHome)}");
        }
        if (outcome.Place != Place.Done)
        {
            throw new NativeException(
                outcome.Place switch
                {
                    Place.Enter => "enter a network namespace",
                    Place.Name => "keep a network namespace",
                    Place.Loopback => "bring up the loopback interface",
                    _ => "open a socket in a network namespace",
                },
                outcome.Error);
        }
    }

    private static void FillLoopback(byte* request)
    {
        new Span<byte>(request, InterfaceRequestSize).Clear();
        "lo"u8.CopyTo(new Span<byte>(request, InterfaceRequestSize));
        *(short*)(request + InterfaceFlagsOffset) = InterfaceUpAndRunning;
    }

    private static nint Export(string name) => NativeLibrary.GetExport(Library, name);

    [StructLayout(LayoutKind.Sequential)]
    private struct Outcome
    {
        public Place Place;
        public int Descriptor;
        public int Error;
        public int LostHome;
    }
}
