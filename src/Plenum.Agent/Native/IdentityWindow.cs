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

    // The C library's own call changes the groups of all threads.
    private static readonly long SetGroups = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 159 : 116;

    private static readonly nint Library = NativeLibrary.Load("libc.so.6");
    private static readonly delegate* unmanaged<uint, int> SetUser = (delegate* unmanaged<uint, int>)Export("setfsuid");
    private static readonly delegate* unmanaged<uint, int> SetGroup = (delegate* unmanaged<uint, int>)Export("setfsgid");
    private static readonly delegate* unmanaged<int, uint*, int> GetGroups = (delegate* unmanaged<int, uint*, int>)Export("getgroups");
    private static readonly delegate* unmanaged<long, long, uint*, long> SystemCall = (delegate* unmanaged<long, long, uint*, long>)Export("syscall");
    private static readonly delegate* unmanaged<byte*, int, int> OpenFile = (delegate* unmanaged<byte*, int, int>)Export("open");
    private static readonly delegate* unmanaged<int*> ErrorLocation = (delegate* unmanaged<int*>)Export("__errno_location");

    /// <summary>Opens a file as a user would; this process must be root's.</summary>
    /// <exception cref="NativeException">The user may not, or there is none.</exception>
    public static SafeFileHandle Open(string path, int flags, uint user, uint group, IReadOnlyList<uint> otherGroups)
    {
        uint[] theirs = [.. otherGroups.Take(MaxGroups)];
        var own = new uint[MaxGroups];
        Outcome outcome = default;
        fixed (byte* name = (byte[])[.. System.Text.Encoding.UTF8.GetBytes(path), 0])
        fixed (uint* ownGroups = own)
        fixed (uint* theirGroups = theirs)
        {
            var count = GetGroups(MaxGroups, ownGroups);
            NativeException.ThrowIfFailed(count, "read the agent's groups");
            Cross(name, flags | LibC.OpenCloseOnExec, new Identity(user, group, theirs.Length, theirGroups), count, ownGroups, &outcome);
        }

        if (outcome.LostSelf)
        {
            // Everything that this thread does later would be done as somebody else.
            System.Environment.FailFast("The thread cannot take its own groups back");
        }

        return outcome.Error == 0
            ? new SafeFileHandle(outcome.Descriptor, ownsHandle: true)
            : throw new NativeException($"open {path}", outcome.Error);
    }

    // AggressiveOptimization: compiled in full at the first call, never counted and never replaced later.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Cross(byte* name, int flags, Identity identity, int ownCount, uint* ownGroups, Outcome* outcome)
    {
        if (SystemCall(SetGroups, identity.GroupCount, identity.Groups) != 0)
        {
            outcome->Error = *ErrorLocation();
            return;
        }

        // Both answer what was there before and fail never: root may become anybody. Leaving user 0 leaves its rights over files.
        var group = SetGroup(identity.Group);
        var user = SetUser(identity.User);
        outcome->Descriptor = OpenFile(name, flags);
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

    [StructLayout(LayoutKind.Sequential)]
    private struct Outcome
    {
        public int Descriptor;
        public int Error;
        public bool LostSelf;
    }
}
