using Plenum.Protocol.V1;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;

namespace Plenum.Agent.Book;

/// <summary>A container took more than it has, or what it has was only lent, and is ended for it.</summary>
/// <param name="Reason">Which of the wire's CONTAINER_LIMITATION reasons, or CONTAINER_PREEMPTED.</param>
/// <param name="Message">For the user, with the numbers.</param>
/// <param name="Resources">What was exceeded, as the status' <c>limitation</c> names it.</param>
public sealed record ContainerLimitation(Reason Reason, string Message, IReadOnlyList<Resource> Resources)
{
    /// <summary>Nothing was exceeded: revocable resources were taken back.</summary>
    public bool IsPreemption => Reason == Reason.ContainerPreempted;
}
