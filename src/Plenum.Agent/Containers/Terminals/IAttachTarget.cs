using System.Threading.Channels;
using Plenum.Protocol.V1.Agent;

namespace Plenum.Agent.Containers.Terminals;

/// <summary>A process whose input and output callers of the API can attach to: a session, or a task with a terminal.</summary>
internal interface IAttachTarget
{
    /// <summary>Output from now on, until the process ends or the reader is too slow.</summary>
    ChannelReader<ProcessIO> Attach();

    /// <summary>False while another writer is attached.</summary>
    bool TryTakeInput();

    void ReleaseInput();

    /// <summary>Types something; nothing at all is the end of the input.</summary>
    /// <exception cref="IOException">The process has ended.</exception>
    Task TypeAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken);

    void Resize(TerminalSize size);
}
