namespace Plenum.Server.Commands;

/// <summary>A started role. Parts are stopped in reverse order of their start.</summary>
internal sealed class RunningRole(string description) : IAsyncDisposable
{
    private readonly List<Task> _watched = [];
    private readonly Stack<IAsyncDisposable> _parts = new();

    public string Description { get; } = description;

    /// <summary>Completes when one of the parts ended, which none does while it can go on.</summary>
    public Task<Task> Ended => Task.WhenAny(_watched);

    public void Watch(Task part) => _watched.Add(part);

    public T Add<T>(T part)
        where T : IAsyncDisposable
    {
        _parts.Push(part);
        return part;
    }

    public async ValueTask DisposeAsync()
    {
        while (_parts.TryPop(out var part))
        {
            await part.DisposeAsync();
        }
    }
}
