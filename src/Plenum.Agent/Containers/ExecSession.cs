namespace Plenum.Agent.Containers;

/// <summary>
/// A process beside the command of a container. Disposing kills it and what it started. Closing
/// <see cref="Input"/> is its end of input; on a terminal the reader types byte 4 instead.
/// </summary>
internal abstract class ExecSession : IAsyncDisposable
{
    public abstract Stream Input { get; }

    /// <summary>Ends when the process and its children have closed it.</summary>
    public abstract Stream Output { get; }

    /// <summary>Always empty with a terminal.</summary>
    public abstract Stream Error { get; }

    public abstract bool HasTerminal { get; }

    /// <summary>Completes when the process has ended.</summary>
    public abstract Task<ContainerExit> WaitAsync(CancellationToken cancellationToken = default);

    /// <summary>Does nothing without a terminal.</summary>
    public abstract void Resize(TerminalSize size);

    /// <summary>False when the process has ended.</summary>
    public abstract bool Signal(int signal);

    public abstract ValueTask DisposeAsync();
}
