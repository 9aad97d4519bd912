namespace Plenum.Protocol.RecordIO;

/// <summary>What a reader accepts and a writer promises. The numbers are mesos-go's, the strictest reader known.</summary>
public static class RecordLimits
{
    /// <summary>Longest record unless told otherwise: mesos-go refuses more than <c>1 &lt;&lt; 22</c> bytes.</summary>
    public const int DefaultMaximumRecord = 4 * 1024 * 1024;

    /// <summary>Longest header without its newline: what a 64-bit number can need.</summary>
    public const int MaximumHeader = 20;
}
