namespace Plenum.Agent.Fetching;

/// <summary>
/// What a zip's reader sees of the file. It has the whole list of entries in memory before the first can be looked at, so
/// what it reads is counted until the list is there.
/// </summary>
internal sealed class ZipDirectoryBound(Stream archive, long maxBytes) : Stream
{
    private long _read;
    private bool _lifted;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => archive.Length;

    public override long Position
    {
        get => archive.Position;
        set => archive.Position = value;
    }

    /// <summary>The list is read: the contents have bounds of their own.</summary>
    public void Lift() => _lifted = true;

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer) => Counted(archive.Read(buffer));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Counted(await archive.ReadAsync(buffer, cancellationToken));

    public override long Seek(long offset, SeekOrigin origin) => archive.Seek(offset, origin);

    public override void Flush()
    {
        // Nothing is written through it.
    }

    public override void SetLength(long value) => throw new NotSupportedException("it is for reading");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("it is for reading");

    private int Counted(int count)
    {
        _read += count;
        return _lifted || _read <= maxBytes
            ? count
            : throw new IOException($"its list of entries is larger than {maxBytes} bytes");
    }
}
