using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Plenum.Agent.Containers;

namespace Plenum.Agent.Operator;

/// <summary>Open sessions, and how the last ones ended: a client may ask for the exit code after the output.</summary>
internal sealed class SessionRegistry(IContainerRuntime runtime, int maximum) : IAsyncDisposable
{
    /// <summary>Exit codes kept for late questions.</summary>
    private const int KeptExits = 1_024;

    private readonly ConcurrentDictionary<string, Session> _open = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Task<ContainerExit>> _exits = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _order = new();

    public IEnumerable<Session> Open => _open.Values;

    public bool Full => _open.Count >= maximum;

    public Session? Find(ContainerKey key) => _open.TryGetValue(key.Name, out var session) ? session : null;

    public bool TryExitOf(ContainerKey key, [NotNullWhen(true)] out Task<ContainerExit>? exit) => _exits.TryGetValue(key.Name, out exit);

    /// <exception cref="ContainerLaunchException">The parent does not run or the process did not start.</exception>
    public async Task<Session> LaunchAsync(ContainerKey key, ExecSpec spec, CancellationToken cancellationToken)
    {
        var process = await runtime.ExecAsync(key.Parent!, spec, cancellationToken);
        var session = new Session(key, process);
        _exits[key.Name] = session.Exit;
        _order.Enqueue(key.Name);
        while (_order.Count > KeptExits && _order.TryDequeue(out var oldest))
        {
            _exits.TryRemove(oldest, out _);
        }

        _open[key.Name] = session;
        return session;
    }

    public async Task CloseAsync(Session session)
    {
        _open.TryRemove(session.Key.Name, out _);
        await session.DisposeAsync();
    }

    public bool Forget(ContainerKey key) => _exits.TryRemove(key.Name, out _);

    public async ValueTask DisposeAsync()
    {
        foreach (var session in _open.Values)
        {
            await CloseAsync(session);
        }
    }
}
