using System.Runtime.InteropServices;

namespace Plenum.Agent.Native;

/// <summary>posix_spawn: the child starts in the namespaces and the directory of the calling thread.</summary>
internal static partial class LibC
{
    public const short SpawnSetSignalDefaults = 0x04;
    public const short SpawnSetSignalMask = 0x08;
    public const short SpawnSetSession = 0x80;

    // Sizes of glibc's opaque structs, rounded up: 80, 336 and 128 bytes on x64, and no larger elsewhere.
    public const int FileActionsSize = 128;
    public const int AttributesSize = 512;
    public const int SignalSetSize = 128;

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    public static unsafe partial int Spawn(
        out int pid, string path, byte* fileActions, byte* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    public static unsafe partial int InitFileActions(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    public static unsafe partial int DestroyFileActions(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    public static unsafe partial int AddDuplicate(byte* actions, int source, int target);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen", StringMarshalling = StringMarshalling.Utf8)]
    public static unsafe partial int AddOpen(byte* actions, int target, string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addchdir_np", StringMarshalling = StringMarshalling.Utf8)]
    public static unsafe partial int AddChangeDirectory(byte* actions, string path);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    public static unsafe partial int InitAttributes(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    public static unsafe partial int DestroyAttributes(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    public static unsafe partial int SetFlags(byte* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    public static unsafe partial int SetSignalMask(byte* attributes, byte* set);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    public static unsafe partial int SetSignalDefaults(byte* attributes, byte* set);

    [LibraryImport("libc", EntryPoint = "sigemptyset")]
    public static unsafe partial int EmptySignalSet(byte* set);

    [LibraryImport("libc", EntryPoint = "sigfillset")]
    public static unsafe partial int FillSignalSet(byte* set);
}
