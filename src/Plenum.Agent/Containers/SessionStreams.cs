using System.IO.Pipes;
using Microsoft.Win32.SafeHandles;
using Plenum.Agent.Native;

namespace Plenum.Agent.Containers;

/// <summary>The agent's and the process's ends of a session's input and output.</summary>
internal sealed class SessionStreams : IDisposable
{
    private readonly List<OwnedFd> _childEnds;

    private SessionStreams(Stream input, Stream output, Stream error, PseudoTerminal? terminal, List<OwnedFd> childEnds)
    {
        Input = input;
        Output = output;
        Error = error;
        Terminal = terminal;
        _childEnds = childEnds;
        Child = terminal is null
            ? new SpawnRequest
            {
                Program = "",
                Arguments = [],
                NewSession = true,
                Descriptors = [.. childEnds.Select(static (end, number) => (number, end.Number))],
            }
            : new SpawnRequest { Program = "", Arguments = [], NewSession = true, Terminal = terminal.DevicePath };
    }

    public Stream Input { get; }

    public Stream Output { get; }

    public Stream Error { get; }

    public PseudoTerminal? Terminal { get; }

    /// <summary>How the process gets its descriptors; the program is filled in by whoever starts it.</summary>
    public SpawnRequest Child { get; }

    public static SessionStreams Open(TerminalSize? terminal)
    {
        if (terminal is { } size)
        {
            var device = PseudoTerminal.Open(size);
            var stream = new TerminalStream(device.Master);
            return new SessionStreams(stream, stream, Stream.Null, device, []);
        }
        var input = OwnedFd.Pipe();
        var output = OwnedFd.Pipe();
        var error = OwnedFd.Pipe();
        return new SessionStreams(
            Wrap(PipeDirection.Out, input.Write),
            Wrap(PipeDirection.In, output.Read),
            Wrap(PipeDirection.In, error.Read),
            null,
            [input.Read, output.Write, error.Write]);
    }

    /// <summary>After the process has its copies: while the agent held them, its output would never end.</summary>
    public void ReleaseChildEnds() => _childEnds.ForEach(static end => end.Dispose());

    public void Dispose()
    {
        ReleaseChildEnds();
        Input.Dispose();
        Output.Dispose();
        Error.Dispose();
        Terminal?.Dispose();
    }

    private static AnonymousPipeClientStream Wrap(PipeDirection direction, OwnedFd end) =>
        new(direction, new SafePipeHandle(end.Release(), ownsHandle: true));
}
