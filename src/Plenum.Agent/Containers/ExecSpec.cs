namespace Plenum.Agent.Containers;

/// <summary>One more process in a running container.</summary>
internal sealed record ExecSpec
{
    /// <summary>
    /// Shell or argv as for a container. The environment is laid over that of the container's own command;
    /// the working directory and the user default to the container's.
    /// </summary>
    public required ContainerCommand Command { get; init; }

    /// <summary>With a size, the process gets a terminal: output is one stream and errors come through it.</summary>
    public TerminalSize? Terminal { get; init; }
}
