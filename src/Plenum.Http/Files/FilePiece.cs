namespace Plenum.Http.Files;

/// <summary>A piece of a file, or why there is none.</summary>
public readonly record struct FilePiece(FileOutcome Outcome, long Size, ReadOnlyMemory<byte> Data);
