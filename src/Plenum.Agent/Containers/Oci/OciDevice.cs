using System.Runtime.InteropServices;

namespace Plenum.Agent.Containers.Oci;

/// <summary>A device node of the machine that a container gets.</summary>
/// <param name="Path">Where the container finds it.</param>
/// <param name="Kind">"c" or "b".</param>
/// <param name="Major">The kernel's number of the driver.</param>
/// <param name="Minor">The driver's number of the device.</param>
/// <param name="Access">Of r, w and m (mknod).</param>
/// <param name="Mode">Permissions of the machine's own node.</param>
internal sealed partial record OciDevice(string Path, string Kind, uint Major, uint Minor, string Access, uint Mode)
{
    private const string Everything = "rwm";
    private const uint FormatMask = 0xf000;
    private const uint CharacterFormat = 0x2000;
    private const uint BlockFormat = 0x6000;
    private const uint PermissionMask = 0x1ff;

    /// <summary>A machine with more disks and terminals than this is none that anybody has seen.</summary>
    private const int MaxDevices = 4096;

    // struct stat of 64-bit Linux: 144 bytes on x64, 128 on arm64, with mode and rdev at these places.
    private const int StatSize = 256;
    private static readonly int ModeOffset = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 16 : 24;
    private static readonly int DeviceOffset = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 32 : 40;

    /// <summary>Made or mounted by the runtime itself, or belonging to one terminal.</summary>
    private static readonly HashSet<string> OwnNodes = new(StringComparer.Ordinal)
    {
        "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/ptmx", "/dev/console",
    };

    private static readonly string[] OwnDirectories = ["/dev/pts", "/dev/shm", "/dev/mqueue", "/dev/hugepages"];

    /// <summary>Both numbers as mknod takes them.</summary>
    public ulong Number =>
        (Major & 0xffful) << 8 | (Major & ~0xffful) << 32 | (Minor & 0xfful) | (Minor & ~0xfful) << 12;

    /// <summary>The node at a path; null when there is no device.</summary>
    public static OciDevice? TryRead(string path, string? containerPath = null, string access = Everything)
    {
        Span<byte> stat = stackalloc byte[StatSize];
        if (StatusOf(path, stat) != 0)
        {
            return null;
        }
        var mode = BitConverter.ToUInt32(stat[ModeOffset..]);
        var device = BitConverter.ToUInt64(stat[DeviceOffset..]);
        var kind = (mode & FormatMask) switch
        {
            CharacterFormat => "c",
            BlockFormat => "b",
            _ => null,
        };
        return kind is null
            ? null
            : new OciDevice(
                containerPath ?? path,
                kind,
                // glibc's makedev: 12 bits of the major number and 8 of the minor lie low, the rest high.
                (uint)(((device >> 8) & 0xfff) | ((device >> 32) & ~0xffful)),
                (uint)((device & 0xff) | ((device >> 12) & ~0xfful)),
                access,
                mode & PermissionMask);
    }

    /// <summary>All devices of the machine, for a privileged container.</summary>
    public static IReadOnlyList<OciDevice> OfMachine() =>
    [
        .. Nodes("/dev")
            .Where(static path => !OwnNodes.Contains(path))
            .Select(static path => TryRead(path))
            .OfType<OciDevice>()
            .Take(MaxDevices),
    ];

    private static IEnumerable<string> Nodes(string directory)
    {
        foreach (var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos().Where(static e => e.LinkTarget is null))
        {
            if (entry is not DirectoryInfo)
            {
                yield return entry.FullName;
            }
            else if (!OwnDirectories.Contains(entry.FullName, StringComparer.Ordinal))
            {
                foreach (var nested in Nodes(entry.FullName))
                {
                    yield return nested;
                }
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "stat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatusOf(string path, Span<byte> status);
}
