namespace Plenum.Agent.Book.State;

/// <summary>The hardest thing that has been done to a task that shall end.</summary>
internal enum KillStep
{
    /// <summary>SIGTERM, and the grace period runs.</summary>
    Asked,

    /// <summary>SIGKILL.</summary>
    Forced,

    /// <summary>Not even that was seen to work: its container is torn down, again and again.</summary>
    TornDown,
}
