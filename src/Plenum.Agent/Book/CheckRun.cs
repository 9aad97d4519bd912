using Plenum.Protocol.Identity;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Book;

/// <summary>
/// One run of one check. Exactly one of <paramref name="Health"/> and <paramref name="Check"/> is set.
/// <paramref name="Sequence"/> tells a late answer from the awaited one.
/// </summary>
public sealed record CheckRun(
    FrameworkId Framework,
    TaskId Task,
    ContainerId Container,
    long Sequence,
    HealthCheck? Health,
    CheckInfo? Check);
