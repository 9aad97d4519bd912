namespace Plenum.Master.Routing;

/// <summary>How far a master has come, in order.</summary>
internal enum MasterPhase
{
    /// <summary>Listens, and waits for the lead or reads the registry.</summary>
    Recovering,

    /// <summary>Leads and serves everything.</summary>
    Leading,

    /// <summary>Failed or is being shut down.</summary>
    Stopped,
}
