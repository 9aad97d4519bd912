namespace Plenum.Agent.Fetching;

/// <summary>A finished download.</summary>
internal sealed record CacheEntry(string Key, string Path, long Bytes);
