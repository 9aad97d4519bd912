namespace Plenum.Agent;

/// <summary>The agent cannot start as it was told to; the message says why and what to do.</summary>
public sealed class AgentStartException : Exception
{
    public AgentStartException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
