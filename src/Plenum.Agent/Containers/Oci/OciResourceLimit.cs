using Plenum.Agent.Native;
using Plenum.Protocol.V1;
using Kind = Plenum.Protocol.V1.RLimitInfo.Types.RLimit.Types.Type;

namespace Plenum.Agent.Containers.Oci;

/// <summary>One rlimit, within what the machine allows.</summary>
/// <param name="Resource">The kernel's number of the resource.</param>
/// <param name="Name">Its OCI name, such as RLIMIT_NOFILE.</param>
internal sealed record OciResourceLimit(int Resource, string Name, ulong Soft, ulong Hard)
{
    private const ulong Unlimited = ulong.MaxValue;

    /// <summary>The kernel's numbers (asm-generic/resource.h), the same on x64 and arm64.</summary>
    private static readonly Dictionary<Kind, (int Resource, string Name)> Kinds = new()
    {
        [Kind.RlmtCpu] = (0, "RLIMIT_CPU"),
        [Kind.RlmtFsize] = (1, "RLIMIT_FSIZE"),
        [Kind.RlmtData] = (2, "RLIMIT_DATA"),
        [Kind.RlmtStack] = (3, "RLIMIT_STACK"),
        [Kind.RlmtCore] = (4, "RLIMIT_CORE"),
        [Kind.RlmtRss] = (5, "RLIMIT_RSS"),
        [Kind.RlmtNproc] = (6, "RLIMIT_NPROC"),
        [Kind.RlmtNofile] = (7, "RLIMIT_NOFILE"),
        [Kind.RlmtMemlock] = (8, "RLIMIT_MEMLOCK"),
        [Kind.RlmtAs] = (9, "RLIMIT_AS"),
        [Kind.RlmtLocks] = (10, "RLIMIT_LOCKS"),
        [Kind.RlmtSigpending] = (11, "RLIMIT_SIGPENDING"),
        [Kind.RlmtMsgqueue] = (12, "RLIMIT_MSGQUEUE"),
        [Kind.RlmtNice] = (13, "RLIMIT_NICE"),
        [Kind.RlmtRtprio] = (14, "RLIMIT_RTPRIO"),
        [Kind.RlmtRttime] = (15, "RLIMIT_RTTIME"),
    };

    /// <summary>
    /// The wire's limits, cut to the agent's own hard limits: a process without CAP_SYS_RESOURCE cannot
    /// raise them, and the runtime would refuse the whole container.
    /// </summary>
    public static IReadOnlyList<OciResourceLimit> From(RLimitInfo? wanted) =>
        wanted is null ? [] : [.. wanted.Rlimits.Select(static limit => From(limit, HardLimit))];

    public static OciResourceLimit From(RLimitInfo.Types.RLimit limit, Func<int, ulong> hardLimit)
    {
        if (!Kinds.TryGetValue(limit.Type, out var kind))
        {
            throw new ContainerLaunchException($"the resource limit {limit.Type} is unknown", ContainerLaunchFailure.InvalidSpec);
        }
        if (limit.HasHard != limit.HasSoft || limit.Soft > limit.Hard)
        {
            throw new ContainerLaunchException(
                $"the resource limit {kind.Name} needs a soft limit not above its hard limit, or neither",
                ContainerLaunchFailure.InvalidSpec);
        }
        var bound = hardLimit(kind.Resource);
        var hard = Math.Min(limit.HasHard ? limit.Hard : Unlimited, bound);
        return new OciResourceLimit(kind.Resource, kind.Name, Math.Min(limit.HasSoft ? limit.Soft : Unlimited, hard), hard);
    }

    private static unsafe ulong HardLimit(int resource)
    {
        LibC.ResourceBounds own;
        NativeException.ThrowIfFailed(LibC.ResourceLimit(0, resource, null, &own), "read a resource limit");
        return own.Hard;
    }
}
