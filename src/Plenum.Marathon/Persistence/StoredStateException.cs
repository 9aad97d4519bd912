namespace Plenum.Marathon.Persistence;

/// <summary>
/// An entry in the store cannot be read. Starting without it would forget services or start tasks twice, so the
/// orchestrator does not start.
/// </summary>
internal sealed class StoredStateException(string key, string reason, Exception? inner)
    : Exception($"the stored entry '{key}' cannot be read: {reason}", inner)
{
    public string Key { get; } = key;
}
