using Microsoft.Extensions.Logging;
using Plenum.Protocol.V1.Scheduler;
using Plenum.Scheduling;

namespace Plenum.Marathon.Shell;

/// <summary>Keeps a subscription open: subscribes, hands the events to the loop in order, and subscribes again when it ends.</summary>
internal sealed partial class SchedulerLink(
    ISchedulerTransport transport,
    MarathonLoop loop,
    TimeProvider clock,
    ILogger logger)
{
    // Events taken from the stream at once; a larger batch would only delay the first of them.
    private const int MaxBatch = 512;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await SubscribeOnceAsync(() => pause = FirstPause, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failed)
            {
                // A master that is not there, refuses or breaks off: always the same answer, try again.
                Log.SubscriptionFailed(logger, failed.Message, pause);
            }

            try
            {
                await Task.Delay(pause, clock, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task SubscribeOnceAsync(Action subscribed, CancellationToken cancellationToken)
    {
        var call = await loop.SubscribeCallAsync(cancellationToken);
        await using var connection = await transport.SubscribeAsync(call, cancellationToken);
        await using var sender = new CallSender(connection, logger);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, sender.Broken);
        await loop.PostAsync(new WorkItem.Connected(sender), cancellationToken);
        try
        {
            while (await connection.Events.WaitToReadAsync(ends.Token))
            {
                var batch = new List<Event>();
                while (batch.Count < MaxBatch && connection.Events.TryRead(out var happened))
                {
                    if (happened.Type == Event.Types.Type.Error)
                    {
                        Log.MasterError(logger, happened.Error.Message);
                    }
                    else if (happened.Type == Event.Types.Type.Subscribed)
                    {
                        subscribed();
                        Log.Subscribed(logger, happened.Subscribed.FrameworkId.Value);
                    }

                    batch.Add(happened);
                }

                await loop.PostAsync(new WorkItem.SchedulerEvents(batch), cancellationToken);
            }
        }
        catch (OperationCanceledException) when (sender.Broken.IsCancellationRequested)
        {
            // The sender said why.
        }
        finally
        {
            await loop.PostAsync(new WorkItem.Disconnected(), CancellationToken.None);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Subscribed as framework {FrameworkId}")]
        public static partial void Subscribed(ILogger logger, string frameworkId);

        [LoggerMessage(2, LogLevel.Warning, "No subscription at the master ({Reason}), next attempt in {Pause}")]
        public static partial void SubscriptionFailed(ILogger logger, string reason, TimeSpan pause);

        [LoggerMessage(3, LogLevel.Error, "The master ended the subscription: {Message}")]
        public static partial void MasterError(ILogger logger, string message);
    }
}
