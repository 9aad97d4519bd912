using Plenum.Agent.Book;

namespace Plenum.Agent.Loop;

/// <summary>A command for the book or a request to read it; exactly one is set.</summary>
internal readonly record struct LoopItem(AgentCommand? Command, TaskCompletionSource<AgentSnapshot>? Reader)
{
    public static readonly LoopItem Tick = new(new AgentCommand.Tick(), Reader: null);
}
