namespace Plenum.Metronome.Runs;

/// <summary>Where a run is in its life; in this order, and the first that is an end is Success.</summary>
internal enum RunStatus
{
    /// <summary>Only in the answer to the request that made it.</summary>
    Initial,

    /// <summary>Waits for a machine, for the first time or after a failure.</summary>
    Starting,

    /// <summary>An agent has its task.</summary>
    Active,
    Success,
    Failed,
}

/// <summary>Who wanted the run.</summary>
internal enum RunCause
{
    Manual,
    Schedule,
    Dependency,
}
