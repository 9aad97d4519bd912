using System.Threading.Channels;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Scheduling;

/// <summary>
/// One subscription of a framework at a master, over HTTP or inside the process. Events come in the
/// order the master sent them; the channel completes when the stream ends, with an exception when it
/// broke. After that the framework subscribes again with its id.
/// </summary>
public interface ISchedulerConnection : IAsyncDisposable
{
    /// <summary>Bounded by the transport; a framework that stops reading is disconnected.</summary>
    ChannelReader<Event> Events { get; }

    /// <summary>
    /// Hands over any call but SUBSCRIBE. Returning means the master took it (202), not that it was
    /// carried out; what goes wrong later comes as events.
    /// </summary>
    /// <exception cref="SchedulerCallException">The master refused the call, with its status code and text.</exception>
    ValueTask SendAsync(Call call, CancellationToken cancellationToken);
}
