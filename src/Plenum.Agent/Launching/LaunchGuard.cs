using Plenum.Agent.Checkpointing;
using Plenum.Agent.Containers;

namespace Plenum.Agent.Launching;

/// <summary>Keeps containers from being started into a full disk, where they would fail in stranger ways.</summary>
internal sealed class LaunchGuard(CheckpointStore store, string workDirectory, long minimumFreeBytes)
{
    private const int MegabyteShift = 20;

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
    }
}
