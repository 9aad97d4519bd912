namespace Plenum.Master.Metrics;

/// <summary>Bytes of the registry's keys and values as they are in the store. Written by the loop that stores, read by all.</summary>
internal sealed class RegistrySize
{
    private readonly Dictionary<string, int> _sizes = new(StringComparer.Ordinal);
    private long _bytes;

    public long Bytes => Interlocked.Read(ref _bytes);

    /// <param name="length">Null: the entry is deleted.</param>
    public void Wrote(string key, int? length)
    {
        var before = _sizes.TryGetValue(key, out var known) ? known + key.Length : 0;
        if (length is { } bytes)
        {
            _sizes[key] = bytes;
        }
        else
        {
            _sizes.Remove(key);
        }

        Interlocked.Add(ref _bytes, (length is null ? 0 : length.Value + key.Length) - before);
    }
}
