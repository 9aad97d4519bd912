using System.Net;
using System.Threading.Channels;
using Plenum.Protocol.Identity;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Scheduling.Sessions;

/// <summary>
/// A framework's whole life at the cluster: subscribes, keeps its id, and subscribes again whenever the
/// connection or the leader is lost.
/// </summary>
public sealed class SchedulerSession : IAsyncDisposable
{
    private readonly ISchedulerTransport _transport;
    private readonly SchedulerSessionOptions _options;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly Func<CancellationToken, ValueTask<Call.Types.Subscribe>> _describe;
    private readonly Channel<SchedulerSessionEvent> _events;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _loop;
    private volatile Subscription? _current;
    private volatile FrameworkID? _framework;
    private long _subscriptions;

    private SchedulerSession(
        ISchedulerTransport transport,
        Func<CancellationToken, ValueTask<Call.Types.Subscribe>> describe,
        SchedulerSessionOptions options,
        TimeProvider time)
    {
        _transport = transport;
        _options = options;
        _time = time;
        _random = new Random(options.Seed);
        _describe = describe;
        _events = Channel.CreateBounded<SchedulerSessionEvent>(
            new BoundedChannelOptions(options.MaxBufferedEvents) { SingleWriter = true });
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Everything that happens, in order. Ends after a final Disconnected or with the session.</summary>
    public ChannelReader<SchedulerSessionEvent> Events => _events.Reader;

    /// <summary>Null until the first subscription of a framework that had no id.</summary>
    public FrameworkId? Framework => _framework is { } id ? new FrameworkId(id.Value) : default(FrameworkId?);

    /// <summary>
    /// Starts to subscribe. <paramref name="subscribe"/> carries the framework's id in its info when it
    /// lived before.
    /// </summary>
    public static SchedulerSession Start(
        ISchedulerTransport transport, Call.Types.Subscribe subscribe, SchedulerSessionOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(subscribe);
        var own = subscribe.Clone();
        return Start(transport, _ => ValueTask.FromResult(own), options, time);
    }

    /// <summary>
    /// For a framework that changes while it lives (its roles, say): it is asked what to subscribe as before
    /// every attempt. An id that the session learned is filled in.
    /// </summary>
    public static SchedulerSession Start(
        ISchedulerTransport transport,
        Func<CancellationToken, ValueTask<Call.Types.Subscribe>> describe,
        SchedulerSessionOptions options,
        TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(transport);
        ArgumentNullException.ThrowIfNull(describe);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        return new SchedulerSession(transport, describe, options, time);
    }

    /// <summary>
    /// Hands a call to the master; its framework id is filled in. False when there is no subscription at
    /// the moment or it was lost on the way: whether the master took it is then unknown, and the
    /// framework finds out by reconciling after the next Connected.
    /// </summary>
    /// <exception cref="SchedulerCallException">The call itself is wrong (400 and the like): a bug of the framework.</exception>
    public ValueTask<bool> TrySendAsync(Call call, CancellationToken cancellationToken) =>
        TrySendAsync(call, _current, cancellationToken);

    /// <summary>
    /// As the other, but only under the subscription the call was decided under, as its Connected told: what
    /// belongs to one that is over must not reach the next.
    /// </summary>
    /// <exception cref="SchedulerCallException">The call itself is wrong (400 and the like): a bug of the framework.</exception>
    public ValueTask<bool> TrySendAsync(Call call, long subscription, CancellationToken cancellationToken) =>
        TrySendAsync(call, _current is { } current && current.Number == subscription ? current : null, cancellationToken);

    /// <summary>
    /// Gives a subscription up and opens another: for a framework that cannot tell any more what the master took.
    /// Nothing happens when it is over already.
    /// </summary>
    public async ValueTask ResubscribeAsync(long subscription, string reason)
    {
        if (_current is { } current && current.Number == subscription)
        {
            await current.BreakAsync(reason);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
        _stopping.Dispose();
    }

    private async ValueTask<bool> TrySendAsync(Call call, Subscription? current, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (current is null)
        {
            return false;
        }

        call.FrameworkId ??= _framework!.Clone();
        try
        {
            await current.Connection.SendAsync(call, cancellationToken);
            return true;
        }
        catch (SchedulerCallException refusal) when (IsLost(refusal.Status))
        {
            await current.BreakAsync(refusal.Message);
            return false;
        }
        catch (ObjectDisposedException)
        {
            // The loop gave the connection up between the look and the call.
            return false;
        }
    }

    // 403: the subscription is gone. 5xx: the master is, or will be soon.
    private static bool IsLost(HttpStatusCode status) => status is HttpStatusCode.Forbidden || (int)status >= 500;

    // The master understood who asks and will not have it: asking again changes nothing.
    private static bool IsFinal(HttpStatusCode status) =>
        (int)status is >= 400 and < 500 && status is not (HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or HttpStatusCode.NotFound);

    private async Task RunAsync()
    {
        try
        {
            var failures = 0;
            while (true)
            {
                var end = await SubscribeOnceAsync();
                if (end.WasConnected || end.IsFinal)
                {
                    failures = 0;
                    await TellAsync(new SchedulerSessionEvent.Disconnected(end.Reason, end.IsFinal));
                }

                if (end.IsFinal)
                {
                    break;
                }

                var delay = DelayAfter(failures++);
                await TellAsync(new SchedulerSessionEvent.Waiting(end.Reason, delay));
                await Task.Delay(delay, _time, _stopping.Token);
            }

            _events.Writer.TryComplete();
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            _events.Writer.TryComplete();
        }
#pragma warning disable CA1031 // The edge of the loop: the framework hears of it where it reads.
        catch (Exception bug)
#pragma warning restore CA1031
        {
            _events.Writer.TryComplete(bug);
        }
    }

    private async Task<SubscriptionEnd> SubscribeOnceAsync()
    {
        var call = await NewSubscribeAsync();
        ISchedulerConnection connection;
        try
        {
            connection = await _transport.SubscribeAsync(call, _stopping.Token);
        }
        catch (SchedulerCallException refusal)
        {
            return new SubscriptionEnd(refusal.Message, WasConnected: false, IsFinal(refusal.Status));
        }
        catch (Exception failure) when (failure is IOException or HttpRequestException)
        {
            return new SubscriptionEnd(failure.Message, WasConnected: false, IsFinal: false);
        }

        await using (connection)
        {
            using var subscription = new Subscription(connection, ++_subscriptions, _stopping.Token);
            try
            {
                return await PumpAsync(subscription);
            }
            finally
            {
                _current = null;
            }
        }
    }

    private async Task<SubscriptionEnd> PumpAsync(Subscription subscription)
    {
        var wasConnected = false;
        try
        {
            await foreach (var received in subscription.Connection.Events.ReadAllAsync(subscription.Broken))
            {
                switch (received.Type)
                {
                    case Event.Types.Type.Heartbeat:
                        break;
                    case Event.Types.Type.Subscribed:
                        _framework = received.Subscribed.FrameworkId.Clone();
                        _current = subscription;
                        wasConnected = true;
                        await TellAsync(new SchedulerSessionEvent.Connected(_framework, received.Subscribed, subscription.Number));
                        break;
                    case Event.Types.Type.Error:
                        return new SubscriptionEnd(received.Error.Message, wasConnected, IsFinal: true);
                    default:
                        await TellAsync(new SchedulerSessionEvent.Received(received));
                        break;
                }
            }

            return new SubscriptionEnd("The master ended the event stream", wasConnected, IsFinal: false);
        }
        catch (OperationCanceledException) when (!_stopping.IsCancellationRequested)
        {
            return new SubscriptionEnd(subscription.Reason, wasConnected, IsFinal: false);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Whatever broke the stream, another subscription is the answer.
            return new SubscriptionEnd(failure.Message, wasConnected, IsFinal: false);
        }
    }

    private async ValueTask<Call> NewSubscribeAsync()
    {
        var subscribe = (await _describe(_stopping.Token)).Clone();
        var call = new Call { Type = Call.Types.Type.Subscribe, Subscribe = subscribe };
        if ((_framework ?? subscribe.FrameworkInfo.Id) is { Value.Length: > 0 } id)
        {
            _framework = id.Clone();
            call.FrameworkId = id.Clone();
            subscribe.FrameworkInfo.Id = id.Clone();
        }

        return call;
    }

    private TimeSpan DelayAfter(int failures)
    {
        // 2^20 half seconds are six days: far above any longest delay, far below an overflow.
        var full = Math.Min(_options.FirstDelay.TotalSeconds * Math.Pow(2, Math.Min(failures, 20)), _options.LongestDelay.TotalSeconds);
        return TimeSpan.FromSeconds(full * (1 - (_random.NextDouble() / 2)));
    }

    private ValueTask TellAsync(SchedulerSessionEvent told) => _events.Writer.WriteAsync(told, _stopping.Token);

    private readonly record struct SubscriptionEnd(string Reason, bool WasConnected, bool IsFinal);

    /// <summary>A connection that a failed call can declare dead before its stream notices.</summary>
    private sealed class Subscription(ISchedulerConnection connection, long number, CancellationToken stopping) : IDisposable
    {
        private readonly CancellationTokenSource _broken = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        private string? _reason;

        internal ISchedulerConnection Connection { get; } = connection;

        internal long Number { get; } = number;

        internal CancellationToken Broken => _broken.Token;

        internal string Reason => _reason ?? "The subscription was given up";

        internal async Task BreakAsync(string reason)
        {
            Interlocked.CompareExchange(ref _reason, reason, null);
            try
            {
                await _broken.CancelAsync();
            }
            catch (ObjectDisposedException)
            {
                // The stream ended by itself in the same moment.
            }
        }

        public void Dispose() => _broken.Dispose();
    }
}
