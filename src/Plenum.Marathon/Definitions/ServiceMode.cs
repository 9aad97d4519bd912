namespace Plenum.Marathon.Definitions;

/// <summary>What decides how many instances a service has.</summary>
internal enum ServiceMode
{
    /// <summary>Its count.</summary>
    Service,

    /// <summary>The agents: one on each.</summary>
    Daemon,
}
