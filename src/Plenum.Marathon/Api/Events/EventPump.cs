using System.Buffers;
using Microsoft.AspNetCore.Http;
using Plenum.Marathon.Events;

namespace Plenum.Marathon.Api.Events;

/// <summary>
/// Writes one client's events as they come, and a bare line end when none does. A client that does not keep up is
/// disconnected: with events missing it would act on a wrong picture.
/// </summary>
/// <param name="frame">An event as the client gets it; null for one that it does not want.</param>
internal sealed class EventPump<T>(
    EventSubscription<T> subscription, TimeSpan heartbeat, TimeProvider timeProvider, Func<T, byte[]?> frame)
    where T : class
{
    // Half of what Kestrel takes before it makes the writer wait.
    private const int FlushAt = 32 * 1024;

    public async Task RunAsync(HttpContext context)
    {
        var output = context.Response.BodyWriter;
        Task<bool>? waiting = null;
        while (true)
        {
            while (subscription.Events.TryRead(out var happened))
            {
                if (frame(happened) is { } text)
                {
                    output.Write(text);
                }

                // Flush when the buffer ran dry or a good piece of it is waiting, not for every event of a burst.
                if (output.UnflushedBytes >= FlushAt && !await FlushAsync(context))
                {
                    return;
                }
            }

            if (!await FlushAsync(context))
            {
                return;
            }

            waiting ??= subscription.Events.WaitToReadAsync(context.RequestAborted).AsTask();
            try
            {
                if (!await waiting.WaitAsync(heartbeat, timeProvider, context.RequestAborted))
                {
                    if (subscription.TooSlow)
                    {
                        context.Abort();
                    }

                    return;
                }

                waiting = null;
            }
            catch (TimeoutException)
            {
                // A bare line end keeps proxies and clients from giving the connection up.
                output.Write("\r\n"u8);
            }
        }
    }

    /// <summary>False when the client stopped reading and its buffer overflowed meanwhile.</summary>
    private async Task<bool> FlushAsync(HttpContext context)
    {
        if (context.Response.BodyWriter.UnflushedBytes == 0)
        {
            return true;
        }

        var flush = context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        if (flush.IsCompletedSuccessfully)
        {
            return !flush.Result.IsCompleted;
        }

        var pending = flush.AsTask();
        while (true)
        {
            try
            {
                return !(await pending.WaitAsync(heartbeat, timeProvider, context.RequestAborted)).IsCompleted;
            }
            catch (TimeoutException)
            {
                if (subscription.TooSlow)
                {
                    context.Abort();
                    return false;
                }
            }
        }
    }
}
