using Plenum.Protocol.Identity;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Scheduling.Sessions;

/// <summary>
/// What a framework hears, in one order over all its subscriptions. SUBSCRIBED and HEARTBEAT do not
/// come through: the session uses them up.
/// </summary>
public abstract record SchedulerSessionEvent
{
    private SchedulerSessionEvent()
    {
    }

    /// <summary>
    /// Subscribed, again or for the first time. All offers from before are void; what happened in
    /// between is found out by reconciling.
    /// </summary>
    /// <param name="Framework">The id the master knows the framework by.</param>
    /// <param name="Details">What else the master said.</param>
    /// <param name="Subscription">Grows with each subscription: names this one to the session's calls.</param>
    public sealed record Connected(FrameworkId Framework, Event.Types.Subscribed Details, long Subscription) : SchedulerSessionEvent;

    /// <summary>An event of the master.</summary>
    public sealed record Received(Event Event) : SchedulerSessionEvent;

    /// <summary>
    /// The subscription of the last Connected is over. When final (the master refused the framework
    /// itself, or another instance took its place) nothing follows; otherwise the session goes on trying.
    /// </summary>
    public sealed record Disconnected(string Reason, bool IsFinal) : SchedulerSessionEvent;

    /// <summary>An attempt to subscribe failed; the next one comes after the delay.</summary>
    public sealed record Waiting(string Reason, TimeSpan Delay) : SchedulerSessionEvent;
}
