using System.Diagnostics;

namespace Plenum.Cluster.Tests.Harness;

/// <summary>A file system in memory that a test may fill; nothing else of the machine notices.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private const int Block = 4096;

    private SmallDisk(string path) => Path = path;

    public string Path { get; }

    private string Filler => System.IO.Path.Combine(Path, "filler");

    public static async Task<SmallDisk> MountAsync(int megabytes)
    {
        var disk = new SmallDisk(Directory.CreateTempSubdirectory("plenum-disk-").FullName);
        await RunAsync("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "none", disk.Path);
        return disk;
    }

    /// <summary>Takes all room but so much.</summary>
    public void Fill(int leaveMegabytes)
    {
        using var file = new FileStream(Filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[Block];
        try
        {
            while (new DriveInfo(Path).AvailableFreeSpace > leaveMegabytes * 1024L * 1024)
            {
                file.Write(block);
            }
        }
        catch (IOException)
        {
            // Full to the last block, as asked for.
        }
    }

    public void Empty() => File.Delete(Filler);

    public async ValueTask DisposeAsync()
    {
        await RunAsync("umount", Path);
        Directory.Delete(Path);
    }

    private static async Task RunAsync(string program, params string[] words)
    {
        using var process = Process.Start(program, words);
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', words)}");
    }
}
