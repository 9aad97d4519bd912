using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Scheduling;

/// <summary>How a framework reaches the leading master.</summary>
public interface ISchedulerTransport
{
    /// <summary>
    /// Sends SUBSCRIBE and returns once the master answered with a stream. <paramref name="subscribe"/>
    /// is a whole Call: its framework_id is set on every subscription but the first.
    /// </summary>
    Task<ISchedulerConnection> SubscribeAsync(Call subscribe, CancellationToken cancellationToken);
}
