using Plenum.Agent.Book;

namespace Plenum.Agent.Loop;

/// <summary>What waits for one write of the disk: effects in their order, and readers of the book after them.</summary>
internal sealed class LoopRound
{
    public List<AgentEffect> Effects { get; } = [];

    public List<TaskCompletionSource<AgentSnapshot>> Readers { get; } = [];
}
