namespace Plenum.Marathon.Definitions;

/// <summary>How much of an app changed, from nothing to what needs new instances.</summary>
internal enum AppChange
{
    None,

    /// <summary>The instance count only.</summary>
    Scale,

    /// <summary>
    /// Only rules that the orchestrator applies to instances (kill selection, unreachable and upgrade strategy,
    /// with or without the count): running instances need not be replaced to obey them.
    /// </summary>
    Policy,

    /// <summary>Something that running instances were started with.</summary>
    Restart,
}
