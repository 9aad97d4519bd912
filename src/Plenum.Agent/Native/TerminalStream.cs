namespace Plenum.Agent.Native;

/// <summary>
/// Bytes to and from the agent's end of a terminal. Linux answers EIO when the last process has closed the
/// other end: that is the end of the stream. A read occupies a thread of the pool until bytes come or the
/// session is killed; sessions are few.
/// </summary>
internal sealed class TerminalStream(OwnedFd master) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        while (true)
        {
            if (master.IsClosed)
            {
                return 0;
            }
            var count = LibC.Read(master.Number, buffer, (nuint)buffer.Length);
            if (count >= 0)
            {
                return (int)count;
            }
            if (LibC.LastError != LibC.ErrorInterrupted)
            {
                return LibC.LastError == LibC.ErrorIo || master.IsClosed ? 0 : throw NativeException.Last("read a terminal");
            }
        }
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        new(System.Threading.Tasks.Task.Run(() => Read(buffer.Span), cancellationToken));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            var count = LibC.Write(master.Number, buffer, (nuint)buffer.Length);
            if (count > 0)
            {
                buffer = buffer[(int)count..];
            }
            else if (LibC.LastError != LibC.ErrorInterrupted)
            {
                throw NativeException.Last("write to a terminal");
            }
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        new(System.Threading.Tasks.Task.Run(() => Write(buffer.Span), cancellationToken));

    public override System.Threading.Tasks.Task WriteAsync(
        byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
