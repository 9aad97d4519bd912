using Plenum.Agent.Checkpointing;
using System.Globalization;
using Plenum.Agent.Containers;
using Plenum.Agent.Native;

namespace Plenum.Agent.Launching;

/// <summary>
/// Keeps containers from being started into a full disk or with the last file descriptors, where they would fail in
/// stranger ways, and the agent with them.
/// </summary>
internal sealed class LaunchGuard(CheckpointStore store, string workDirectory, long minimumFreeBytes)
{
    private const int MegabyteShift = 20;

    /// <summary>Kept for checkpoints, the link and callers; a launch with images and networks takes some twenty for a moment.</summary>
    private const int SpareDescriptors = 64;

    /// <summary>With a limit above this the lowest free number is asked first, and nothing is counted while that is small.</summary>
    private const ulong CountedLimit = 4096;

    /// <summary>The kernel's number of RLIMIT_NOFILE.</summary>
    private const int OpenFiles = 7;

    /// <exception cref="ContainerLaunchException">There is no room.</exception>
    public void Check()
    {
        if (store.DiskFull)
        {
            throw new ContainerLaunchException("The agent's disk is full: it could not even record what runs here");
        }

        var free = new DriveInfo(workDirectory).AvailableFreeSpace;
        if (free < minimumFreeBytes)
        {
            throw new ContainerLaunchException(
                $"The agent's disk is full: {free >> MegabyteShift} MB are free, at least {minimumFreeBytes >> MegabyteShift} MB must be");
        }

        CheckDescriptors();
    }

    private static void CheckDescriptors()
    {
        var limit = DescriptorLimit();
        if (limit > CountedLimit && LowestFree() < limit / 2)
        {
            return;
        }

        var open = Directory.GetFiles("/proc/self/fd").Length;
        if ((ulong)open + SpareDescriptors > limit)
        {
            throw new ContainerLaunchException(string.Create(
                CultureInfo.InvariantCulture,
                $"The agent is out of file descriptors: {open} are open and {limit} allowed. Raise its limit (ulimit -n, or LimitNOFILE of its service)"));
        }
    }

    // Linux gives the lowest free number: that of a fresh descriptor tells how many lie below it.
    private static ulong LowestFree()
    {
        using var probe = OwnedFd.Open("/dev/null", LibC.OpenReadOnly);
        return (ulong)probe.Number;
    }

    private static unsafe ulong DescriptorLimit()
    {
        LibC.ResourceBounds own;
        NativeException.ThrowIfFailed(LibC.ResourceLimit(0, OpenFiles, null, &own), "read the limit of open files");
        return own.Soft;
    }
}
