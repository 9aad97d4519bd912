using System.Collections.Concurrent;
using System.Security.Cryptography;
using Plenum.Kernel.Commands;
using Plenum.Protocol.Link.V1;

namespace Plenum.Master.AgentLink;

/// <summary>The open agent links.</summary>
internal sealed class AgentLinks(int maxLinks, int maxQueuedMessages)
{
    private readonly ConcurrentDictionary<AgentLinkId, AgentLinkStream> _byId = new();
    private readonly ConcurrentDictionary<string, AgentLinkStream> _byWireId = new(StringComparer.Ordinal);
    private long _lastId;

    public int Count => _byId.Count;

    /// <summary>Null when there are as many links as may be.</summary>
    public AgentLinkStream? Open()
    {
        if (_byId.Count >= maxLinks)
        {
            return null;
        }

        var link = new AgentLinkStream(
            new AgentLinkId(Interlocked.Increment(ref _lastId)),
            Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
            maxQueuedMessages);
        _byId[link.Id] = link;
        _byWireId[link.WireId] = link;
        return link;
    }

    public AgentLinkStream? Find(string? wireId) =>
        wireId is not null && _byWireId.TryGetValue(wireId, out var link) ? link : null;

    public void Send(AgentLinkId id, MasterMessage message)
    {
        if (_byId.TryGetValue(id, out var link))
        {
            link.Messages.Send(message);
        }
    }

    /// <summary>The kernel ends a link; the agent still gets what was sent before.</summary>
    public void Close(AgentLinkId id)
    {
        if (_byId.TryGetValue(id, out var link))
        {
            _byWireId.TryRemove(link.WireId, out _);
            link.Messages.Complete();
        }
    }

    public void Remove(AgentLinkStream link)
    {
        _byWireId.TryRemove(link.WireId, out _);
        _byId.TryRemove(link.Id, out _);
        link.Dispose();
    }

    public void BreakAll(string reason)
    {
        foreach (var link in _byId.Values)
        {
            link.Messages.Break(reason);
        }
    }
}
