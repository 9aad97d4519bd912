namespace Plenum.Marathon.Instances;

/// <summary>What an instance is meant to become; its condition says what it is.</summary>
internal enum Goal
{
    /// <summary>Runs, and is started again, under the same id, whenever it ends.</summary>
    Running,

    /// <summary>Ends and keeps its reservation. Reached by stateful services only.</summary>
    Stopped,

    /// <summary>Ends and is forgotten.</summary>
    Decommissioned,
}
