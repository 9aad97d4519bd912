using Plenum.Agent.Book.Providers;
using Plenum.Agent.Images;
using Plenum.Agent.Volumes;

namespace Plenum.Agent.Disks;

/// <summary>The machine's own programs that make, attach and mount a disk's file.</summary>
internal static class DiskTools
{
    private const string Devices = "/sys/block";

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
        var real = RealPath.OrSame(file);
        return Directory.EnumerateDirectories(Devices, "loop*").FirstOrDefault(device => FileBehind(device) == real) is { } found
            ? $"/dev/{Path.GetFileName(found)}"
            : null;
    }

    private static string? FileBehind(string device)
    {
        try
        {
            return File.ReadAllText(Path.Combine(device, "loop/backing_file")).TrimEnd('\n');
        }
        catch (IOException)
        {
            // No file is attached to it, or not any more: anybody on the machine may detach one at any moment.
            return null;
        }
    }

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
