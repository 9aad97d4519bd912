using Plenum.Protocol.V1;

namespace Plenum.Agent.Book.Endings;

/// <summary>The kernel's out-of-memory killer met the container's own limit.</summary>
internal static class MemoryLimitation
{
    private const int MebibyteShift = 20;

    /// <param name="limitBytes">The limit; null when it could not be read.</param>
    /// <param name="peakBytes">What was in use at most; null where the kernel does not count it.</param>
    public static ContainerLimitation Of(long? limitBytes, long? peakBytes)
    {
        var limit = limitBytes is { } bytes ? $" Limit: {bytes >> MebibyteShift}MB" : "";
        var peak = peakBytes is { } used ? $" Maximum Used: {used >> MebibyteShift}MB" : "";
        return new ContainerLimitation(
            TaskStatus.Types.Reason.ContainerLimitationMemory,
            $"Memory limit exceeded:{limit}{peak}",
            [Memory(peakBytes ?? limitBytes ?? 0)]);
    }

    // What was in use at most, as Mesos fills it.
    private static Resource Memory(long bytes) => new()
    {
        Name = "mem",
        Type = Value.Types.Type.Scalar,
        Scalar = new Value.Types.Scalar { Value = bytes >> MebibyteShift },
    };
}
