namespace Plenum.Agent.Book.State;

/// <summary>Where the process of a task stands; its state on the wire is another matter.</summary>
internal enum TaskPhase
{
    /// <summary>Waits for its pod's holder or for its custom executor.</summary>
    Waiting,

    Launching,

    /// <summary>Runs in its container, or was given to its custom executor.</summary>
    Running,

    /// <summary>Nothing of it runs; only acknowledgements are awaited.</summary>
    Ended,
}
