namespace Plenum.Agent.Book;

/// <summary>Where an executor stands.</summary>
public enum ExecutorState
{
    /// <summary>Its container is being made.</summary>
    Launching,

    /// <summary>Custom executor: the container runs, it has not subscribed yet (or not since the agent restarted).</summary>
    Registering,

    Running,

    /// <summary>Told to go, or being destroyed.</summary>
    Terminating,

    /// <summary>Its container is gone; updates of its tasks still wait for acknowledgements.</summary>
    Terminated,
}
