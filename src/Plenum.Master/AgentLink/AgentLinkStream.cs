using Plenum.Kernel.Commands;
using Plenum.Master.Streams;
using Plenum.Protocol.Link.V1;

namespace Plenum.Master.AgentLink;

/// <summary>One open link of one agent.</summary>
internal sealed class AgentLinkStream(AgentLinkId id, string wireId, int capacity) : IDisposable
{
    public AgentLinkId Id { get; } = id;

    /// <summary>The value of <c>Plenum-Link-Id</c>; not guessable, since it is all that names the agent.</summary>
    public string WireId { get; } = wireId;

    public OutboundStream<MasterMessage> Messages { get; } = new(capacity);

    /// <summary>One body of messages at a time, so that two requests in flight cannot interleave.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);

    public void Dispose() => Messages.Dispose();
}
