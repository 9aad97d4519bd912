namespace Plenum.Agent.Files;

/// <summary>A line of a log without its end.</summary>
/// <param name="Cursor">The position behind it, where the next one begins.</param>
internal readonly record struct LogLine(long Cursor, ReadOnlyMemory<byte> Text);
