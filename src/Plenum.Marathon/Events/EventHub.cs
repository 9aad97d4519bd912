namespace Plenum.Marathon.Events;

/// <summary>
/// Hands events to every subscriber in one order. A subscriber whose buffer is full is cut off rather
/// than waited for or skipped over: a client that lost events without noticing would act on a wrong picture.
/// </summary>
internal class EventHub<T>
    where T : class
{
    private readonly Lock _lock = new();
    private EventSubscription<T>[] _subscriptions = [];
    private bool _closed;

    /// <param name="capacity">Events that may wait for this reader; <c>event_stream_max_outstanding_messages</c>.</param>
    /// <param name="first">What all are told of the new one, and it before anything else; null for nothing.</param>
    public EventSubscription<T> Subscribe(int capacity, T? first = null)
    {
        var subscription = new EventSubscription<T>(this, capacity);
        lock (_lock)
        {
            if (_closed)
            {
                subscription.Complete();
            }
            else
            {
                _subscriptions = [.. _subscriptions, subscription];
                if (first is not null)
                {
                    Publish(first);
                }
            }
        }

        return subscription;
    }

    public void Publish(T happened)
    {
        lock (_lock)
        {
            foreach (var subscription in _subscriptions)
            {
                if (!subscription.TryDeliver(happened))
                {
                    Detach(subscription);
                }
            }
        }
    }

    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            foreach (var subscription in _subscriptions)
            {
                subscription.Complete();
            }

            _subscriptions = [];
        }
    }

    internal void Remove(EventSubscription<T> subscription)
    {
        lock (_lock)
        {
            Detach(subscription);
        }

        subscription.Complete();
    }

    private void Detach(EventSubscription<T> subscription) =>
        _subscriptions = Array.FindAll(_subscriptions, other => other != subscription);
}

/// <summary>The hub of this orchestrator.</summary>
internal sealed class EventHub : EventHub<MarathonEvent>;
