using Plenum.Kernel.Commands;
using Plenum.Master.Streams;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Master.Scheduler;

/// <summary>One subscription of one framework, over HTTP or inside the process.</summary>
internal sealed class SchedulerStream(SchedulerStreamId id, string wireId, int capacity) : IDisposable
{
    public SchedulerStreamId Id { get; } = id;

    /// <summary>The value of <c>Mesos-Stream-Id</c>.</summary>
    public string WireId { get; } = wireId;

    public OutboundStream<Event> Events { get; } = new(capacity);

    public void Dispose() => Events.Dispose();
}
