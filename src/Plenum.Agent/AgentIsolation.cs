namespace Plenum.Agent;

/// <summary>What shall stand between a task and the machine.</summary>
public enum AgentIsolation
{
    /// <summary>Containers where the agent is root, plain processes where it is not.</summary>
    Automatic,

    /// <summary>Containers; the agent does not start where it cannot make them.</summary>
    Containers,

    /// <summary>Plain processes without any isolation, also as root.</summary>
    Processes,
}
