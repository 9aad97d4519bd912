using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Marathon.Shell;

/// <summary>The loop of a framework's core, as its link to the master sees it. Everything arrives in order.</summary>
internal interface ISchedulerListener
{
    /// <summary>The SUBSCRIBE to open the next subscription with.</summary>
    Task<Call> SubscribeCallAsync(CancellationToken cancellationToken);

    /// <summary>Calls go to this sender from here on.</summary>
    ValueTask ConnectedAsync(CallSender sender, CancellationToken cancellationToken);

    ValueTask DisconnectedAsync(CancellationToken cancellationToken);

    ValueTask HandleAsync(IReadOnlyList<Event> events, CancellationToken cancellationToken);
}
