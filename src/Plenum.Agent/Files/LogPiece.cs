namespace Plenum.Agent.Files;

/// <summary>A piece of all that was ever written to a log.</summary>
/// <param name="Start">Position of the first byte.</param>
/// <param name="End">Where the log ended when it was read.</param>
internal readonly record struct LogPiece(long Start, long End, ReadOnlyMemory<byte> Data);
