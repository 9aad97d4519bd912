using Plenum.Agent.Book;

namespace Plenum.Agent.Loop;

/// <summary>A command for the book or a request to read it; neither only makes the loop look at the deadlines.</summary>
internal readonly record struct LoopItem(AgentCommand? Command, TaskCompletionSource<AgentSnapshot>? Reader)
{
    public static readonly LoopItem Tick = new(Command: null, Reader: null);
}
