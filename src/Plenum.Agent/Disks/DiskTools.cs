using Plenum.Agent.Book.Providers;
using Plenum.Agent.Images;

namespace Plenum.Agent.Disks;

/// <summary>The machine's own programs that make, attach and mount a disk's file.</summary>
internal static class DiskTools
{
    private const string Devices = "/sys/block";
    private const string MountTable = "/proc/self/mountinfo";

    /// <summary>Fields of a line of the mount table: the fifth is the mount point.</summary>
    private const int MountPointField = 4;

    /// <summary>All of its blocks are taken here and now: what the pool promised is there, or this fails.</summary>
    public static Task AllocateAsync(string file, long bytes) =>
        RunAsync("fallocate", ["-l", $"{bytes}", file]);

    /// <summary>The blocks stay taken and read as zeros.</summary>
    public static Task ZeroAsync(string file, long bytes) =>
        RunAsync("fallocate", ["-z", "-o", "0", "-l", $"{bytes}", file]);

    public static Task FormatAsync(string file, DiskKind kind) => kind == DiskKind.Xfs
        ? RunAsync("mkfs.xfs", ["-q", "-f", file], "xfsprogs")
        // Nothing kept for root: the disk is one task's.
        : RunAsync("mkfs.ext4", ["-q", "-F", "-m", "0", file], "e2fsprogs");

    /// <summary>The loop device goes with the mount.</summary>
    public static Task MountAsync(string file, string mountPoint, DiskKind kind) =>
        RunAsync("mount", ["-t", kind == DiskKind.Xfs ? "xfs" : "ext4", "-o", "loop,nosuid,nodev", file, mountPoint]);

    public static Task UnmountAsync(string mountPoint) => RunAsync("umount", [mountPoint]);

    public static async Task<string> AttachAsync(string file) =>
        (await RunAsync("losetup", ["--find", "--show", file])).Trim();

    public static Task DetachAsync(string device) => RunAsync("losetup", ["-d", device]);

    /// <summary>The device that shows this file, or null.</summary>
    public static string? DeviceOf(string file)
    {
        foreach (var device in Directory.EnumerateDirectories(Devices, "loop*"))
        {
            var backing = Path.Combine(device, "loop/backing_file");
            if (File.Exists(backing) && File.ReadAllText(backing).TrimEnd('\n') == file)
            {
                return $"/dev/{Path.GetFileName(device)}";
            }
        }

        return null;
    }

    public static bool IsMounted(string mountPoint) => File.ReadLines(MountTable)
        .Select(static line => line.Split(' '))
        .Any(fields => fields.Length > MountPointField && fields[MountPointField] == mountPoint.Replace(" ", @"\040", StringComparison.Ordinal));

    private static async Task<string> RunAsync(string program, string[] arguments, string package = "util-linux")
    {
        try
        {
            var (exitCode, output, message) = await HostTool.RunForOutputAsync(program, arguments, CancellationToken.None);
            return exitCode == 0 ? output : throw new DiskException($"{program} failed: {message}");
        }
        catch (FileNotFoundException missing)
        {
            throw new DiskException($"{program} is not installed on this machine (apt-get install {package})", missing);
        }
    }
}
