namespace Plenum.Protocol.RecordIO;

/// <summary>The bytes are not RecordIO, or a record is larger than allowed. The stream is beyond repair.</summary>
public sealed class RecordIOException : IOException
{
    internal RecordIOException(string message)
        : base(message)
    {
    }
}
