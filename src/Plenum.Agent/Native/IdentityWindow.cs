using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Plenum.Agent.Native;

/// <summary>
/// The moment in which a thread opens a file with the rights of another user, and without root's. On Linux they belong to a
/// thread, and a thread that .NET created in that moment would keep them: the rules of <see cref="NamespaceWindow"/> hold here
/// too, nothing but calls through pointers while the thread is somebody else.
/// </summary>
internal static unsafe class IdentityWindow
{
    /// <summary>The kernel's own bound on the groups of a process.</summary>
    private const int MaxGroups = 65_536;

    /// <summary>
    /// openat2(2): the one call that can be told to follow no link of /proc. Those lead to whatever the agent has open, and the
    /// kernel lets each thread of the agent through them, whoever it is at the moment. There is one since Linux 5.6.
    /// </summary>
    private const long OpenHow = 437;
    private const ulong NoMagicLinks = 0x2;

    private const int GetDumpable = 3;
    private const int SetDumpable = 4;

    // The kernel takes it away when a thread becomes another user and does not give it back: no dump of a crash, and
    // nothing of /proc/self for the programs that the agent starts.
    private static readonly bool WasDumpable = LibC.ProcessControl(GetDumpable, 0, 0, 0, 0) == 1;

    // The C library's own call changes the groups of all threads.
    private static readonly long SetGroups = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 159 : 116;

    private static readonly nint Library = NativeLibrary.Load("libc.so.6");
    private static readonly delegate* unmanaged<uint, int> SetUser = (delegate* unmanaged<uint, int>)Export("setfsuid");
    private static readonly delegate* unmanaged<uint, int> SetGroup = (delegate* unmanaged<uint, int>)Export("setfsgid");
    private static readonly delegate* unmanaged<int, uint*, int> GetGroups = (delegate* unmanaged<int, uint*, int>)Export("getgroups");
    private static readonly delegate* unmanaged<long, long, uint*, long> SystemCall = (delegate* unmanaged<long, long, uint*, long>)Export("syscall");
    private static readonly delegate* unmanaged<long, long, byte*, HowToOpen*, long, long> OpenCall =
        (delegate* unmanaged<long, long, byte*, HowToOpen*, long, long>)Export("syscall");
    private static readonly delegate* unmanaged<int*> ErrorLocation = (delegate* unmanaged<int*>)Export("__errno_location");

    /// <summary>Opens a file as a user would; this process must be root's.</summary>
    /// <param name="followsMagic">Also through links of /proc, which somebody else's path must not lead through.</param>
    /// <exception cref="NativeException">The user may not, or there is none.</exception>
    public static SafeFileHandle Open(string path, int flags, bool followsMagic, uint user, uint group, IReadOnlyList<uint> otherGroups)
    {
        var how = new HowToOpen { Flags = (uint)(flags | LibC.OpenCloseOnExec), Resolve = followsMagic ? 0 : NoMagicLinks };
        uint[] theirs = [.. otherGroups.Take(MaxGroups)];
        var own = new uint[MaxGroups];
        Outcome outcome = default;
        fixed (byte* name = (byte[])[.. System.Text.Encoding.UTF8.GetBytes(path), 0])
        fixed (uint* ownGroups = own)
        fixed (uint* theirGroups = theirs)
        {
            var count = GetGroups(MaxGroups, ownGroups);
            NativeException.ThrowIfFailed(count, "read the agent's groups");
            Cross(name, &how, new Identity(user, group, theirs.Length, theirGroups), count, ownGroups, &outcome);
        }

        if (outcome.LostSelf)
        {
            // Everything that this thread does later would be done as somebody else.
            System.Environment.FailFast("The thread cannot take its own groups back");
        }

        if (WasDumpable)
        {
            LibC.ProcessControl(SetDumpable, 1, 0, 0, 0);
        }

        return outcome.Error == 0
            ? new SafeFileHandle(outcome.Descriptor, ownsHandle: true)
            : throw new NativeException($"open {path}", outcome.Error);
    }

    // AggressiveOptimization: compiled in full at the first call, never counted and never replaced later.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Cross(byte* name, HowToOpen* how, Identity identity, int ownCount, uint* ownGroups, Outcome* outcome)
    {
        if (SystemCall(SetGroups, identity.GroupCount, identity.Groups) != 0)
        {
            outcome->Error = *ErrorLocation();
            return;
        }

        // Both answer what was there before and fail never: root may become anybody. Leaving user 0 leaves its rights over files.
        var group = SetGroup(identity.Group);
        var user = SetUser(identity.User);
        outcome->Descriptor = (int)OpenCall(OpenHow, LibC.CurrentDirectory, name, how, sizeof(HowToOpen));
        outcome->Error = outcome->Descriptor < 0 ? *ErrorLocation() : 0;
        SetUser((uint)user);
        SetGroup((uint)group);
        outcome->LostSelf = SystemCall(SetGroups, ownCount, ownGroups) != 0;
    }

    private static nint Export(string name) => NativeLibrary.GetExport(Library, name);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Identity(uint User, uint Group, int GroupCount, nint GroupList)
    {
        public Identity(uint user, uint group, int groupCount, uint* groups)
            : this(user, group, groupCount, (nint)groups)
        {
        }

        public uint* Groups => (uint*)GroupList;
    }

    /// <summary>The kernel's own layout.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct HowToOpen
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Outcome
    {
        public int Descriptor;
        public int Error;
        public bool LostSelf;
    }
}
