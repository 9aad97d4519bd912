using System.Threading.Channels;
using Google.Protobuf;
using Plenum.Protocol.V1.Agent;

namespace Plenum.Agent.Containers;

/// <summary>Those who follow an output from some moment on. One that falls behind is cut off; nobody waits for it.</summary>
internal sealed class OutputReaders
{
    /// <summary>Pieces that wait for one reader; with the piece's size, half a megabyte.</summary>
    public const int MaximumQueued = 32;

    /// <summary>Readers of one output; each costs the queue above.</summary>
    private const int MaximumReaders = 64;

    private readonly Lock _gate = new();
    private readonly List<Channel<ProcessIO>> _readers = [];
    private bool _ended;

    /// <summary>Output from now on, until it ends or the reader is too slow. Ends at once when there are too many.</summary>
    public ChannelReader<ProcessIO> Add()
    {
        var queue = Channel.CreateBounded<ProcessIO>(MaximumQueued);
        lock (_gate)
        {
            _readers.RemoveAll(static reader => reader.Reader.Completion.IsCompleted);
            if (_ended || _readers.Count >= MaximumReaders)
            {
                queue.Writer.TryComplete();
            }
            else
            {
                _readers.Add(queue);
            }
        }

        return queue.Reader;
    }

    public void Publish(ProcessIO piece)
    {
        lock (_gate)
        {
            _readers.RemoveAll(reader => !reader.Writer.TryWrite(piece) && reader.Writer.TryComplete());
        }
    }

    public void End()
    {
        lock (_gate)
        {
            _ended = true;
            _readers.ForEach(static reader => reader.Writer.TryComplete());
            _readers.Clear();
        }
    }

    public static ProcessIO Piece(ProcessIO.Types.Data.Types.Type type, ReadOnlySpan<byte> data) => new()
    {
        Type = ProcessIO.Types.Type.Data,
        Data = new ProcessIO.Types.Data { Type = type, Data_ = ByteString.CopyFrom(data) },
    };
}
