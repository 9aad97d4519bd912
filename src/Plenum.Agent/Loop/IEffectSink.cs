using Plenum.Agent.Book;

namespace Plenum.Agent.Loop;

/// <summary>
/// Carries out what the book decided. Called from the loop, in order: it must not wait for anything, and
/// for no reason post a command before it has returned.
/// </summary>
internal interface IEffectSink
{
    void Accept(AgentEffect effect);
}
