using Microsoft.Extensions.Logging;
using Plenum.Protocol.V1.Scheduler;
using Plenum.Scheduling;
using Plenum.Scheduling.Sessions;

namespace Plenum.Marathon.Shell;

/// <summary>
/// Carries a scheduler session's events to the loop in their order, several at once where they come in bursts, and
/// gives the loop a sender for each subscription.
/// </summary>
internal sealed partial class SchedulerLink(
    ISchedulerTransport transport,
    ISchedulerListener loop,
    int seed,
    TimeProvider clock,
    ILogger logger)
{
    // Events taken from the session at once; a larger batch would only delay the first of them.
    private const int MaxBatch = 512;

    // Shorter than a stranger's framework waits: on a machine that starts as a whole the master is there in a moment.
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var options = new SchedulerSessionOptions { FirstDelay = FirstPause, LongestDelay = LongestPause, Seed = seed };
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await using (var session = SchedulerSession.Start(transport, DescribeAsync, options, clock))
                {
                    await FollowAsync(session, cancellationToken);
                }

                // The master will not have the framework. Somebody has to do something about it, and the API goes on
                // until then: what is refused now may be let in later.
                await Task.Delay(LongestPause, clock, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failed)
            {
                Log.SessionFailed(logger, failed);
                await Task.Delay(LongestPause, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async ValueTask<Call.Types.Subscribe> DescribeAsync(CancellationToken cancellationToken) =>
        (await loop.SubscribeCallAsync(cancellationToken)).Subscribe;

    private async Task FollowAsync(SchedulerSession session, CancellationToken cancellationToken)
    {
        CallSender? sender = null;
        try
        {
            var batch = new List<Event>();
            while (await session.Events.WaitToReadAsync(cancellationToken))
            {
                while (batch.Count < MaxBatch && session.Events.TryRead(out var told))
                {
                    if (told is SchedulerSessionEvent.Received received)
                    {
                        batch.Add(received.Event);
                        continue;
                    }

                    await PostAsync(batch, cancellationToken);
                    batch = [];
                    sender = await TurnAsync(session, told, sender, cancellationToken);
                }

                await PostAsync(batch, cancellationToken);
                batch = [];
            }
        }
        finally
        {
            await EndAsync(sender);
        }
    }

    /// <summary>A subscription began or ended: gives the sender that holds from here on.</summary>
    private async Task<CallSender?> TurnAsync(
        SchedulerSession session, SchedulerSessionEvent told, CallSender? sender, CancellationToken cancellationToken)
    {
        switch (told)
        {
            case SchedulerSessionEvent.Connected connected:
                Log.Subscribed(logger, connected.Framework.Value);
                sender = new CallSender(session, connected.Subscription, logger);
                await loop.ConnectedAsync(sender, cancellationToken);
                await PostAsync(
                    [new Event { Type = Event.Types.Type.Subscribed, Subscribed = connected.Details }], cancellationToken);
                return sender;
            case SchedulerSessionEvent.Disconnected { IsFinal: true } refused:
                Log.Refused(logger, refused.Reason);
                await EndAsync(sender);
                return null;
            case SchedulerSessionEvent.Disconnected:
                await EndAsync(sender);
                return null;
            case SchedulerSessionEvent.Waiting waiting:
                Log.SubscriptionFailed(logger, waiting.Reason, waiting.Delay);
                return sender;
            default:
                throw new InvalidOperationException($"{told.GetType().Name} is no event of a session");
        }
    }

    private async Task EndAsync(CallSender? sender)
    {
        if (sender is not null)
        {
            await loop.DisconnectedAsync(CancellationToken.None);
            await sender.DisposeAsync();
        }
    }

    private async Task PostAsync(List<Event> batch, CancellationToken cancellationToken)
    {
        if (batch.Count > 0)
        {
            await loop.HandleAsync(batch, cancellationToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Subscribed as framework {FrameworkId}")]
        public static partial void Subscribed(ILogger logger, string frameworkId);

        [LoggerMessage(2, LogLevel.Warning, "No subscription at the master ({Reason}), next attempt in {Pause}")]
        public static partial void SubscriptionFailed(ILogger logger, string reason, TimeSpan pause);

        [LoggerMessage(3, LogLevel.Error, "The master will not have this framework: {Reason}")]
        public static partial void Refused(ILogger logger, string reason);

        [LoggerMessage(4, LogLevel.Error, "The session with the master failed and is begun anew")]
        public static partial void SessionFailed(ILogger logger, Exception exception);
    }
}
