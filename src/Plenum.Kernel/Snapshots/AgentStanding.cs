namespace Plenum.Kernel.Snapshots;

/// <summary>What the master holds of an agent.</summary>
public enum AgentStanding
{
    /// <summary>In the registry, not back since this master started.</summary>
    Recovered,

    /// <summary>Admitted; its link may be broken for the moment.</summary>
    Registered,

    /// <summary>Failed its pings or did not come back in time; may return.</summary>
    Unreachable,

    /// <summary>Declared gone by an operator; never let in again.</summary>
    Gone,
}
