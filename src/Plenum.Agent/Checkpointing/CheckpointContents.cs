namespace Plenum.Agent.Checkpointing;

/// <summary>What a start found: sound records, and the keys of those that were put into quarantine.</summary>
internal sealed record CheckpointContents(
    IReadOnlyList<KeyValuePair<string, byte[]>> Records,
    IReadOnlyList<string> CorruptKeys);
