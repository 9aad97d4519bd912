namespace Plenum.Agent.Book;

/// <summary>What a container is there for.</summary>
public enum ContainerKind
{
    /// <summary>One command task.</summary>
    Command,

    /// <summary>Holds what the tasks of one pod share; runs nothing of the user's.</summary>
    Pod,

    /// <summary>One task of a pod.</summary>
    PodTask,

    /// <summary>A framework's own executor, which talks to the executor API.</summary>
    Executor,
}
