namespace Plenum.Agent.Fetching;

/// <summary>A cached file in use: it is not evicted until this is disposed.</summary>
internal sealed class CacheLease(string path, Action release) : IDisposable
{
    private Action? _release = release;

    public string Path { get; } = path;

    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
