using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Master;
using Plenum.Storage.Sqlite;

namespace Plenum.Benchmarks.Master;

/// <summary>A whole master on a free loopback port, with its registry on disk, and agents linked to it.</summary>
internal sealed class MasterUnderLoad : IAsyncDisposable
{
    private const int RegisteringAtOnce = 64;

    private readonly string _directory;
    private readonly bool _keeps;
    private readonly SqliteStateStore _store;
    private readonly MasterServer _master;
    private readonly HttpClient _links;
    private readonly ConcurrentBag<LoadAgent> _agents = [];

    private MasterUnderLoad(string directory, bool keeps, SqliteStateStore store, MasterServer master)
    {
        _directory = directory;
        _keeps = keeps;
        _store = store;
        _master = master;
        _links = new HttpClient { BaseAddress = master.Address, Timeout = Timeout.InfiniteTimeSpan };
    }

    public Uri Address => _master.Address;

    /// <param name="keepIn">A directory for the registry that outlives this master; null for one that goes with it.</param>
    public static async Task<MasterUnderLoad> StartAsync(int agents, CancellationToken cancellationToken, string? keepIn = null)
    {
        var directory = keepIn ?? Directory.CreateTempSubdirectory("plenum-bench-").FullName;
        var store = SqliteStateStore.Open(new SqliteStoreOptions { Directory = directory });
        var master = await MasterServer.StartAsync(
            new MasterOptions { Port = 0 }, store, TimeProvider.System, NullLoggerFactory.Instance, cancellationToken);
        var cluster = new MasterUnderLoad(directory, keepIn is not null, store, master);
        await cluster.LinkAsync(agents, (links, number, stop) => LoadAgent.RegisterAsync(links, number, stop), cancellationToken);
        return cluster;
    }

    /// <summary>Opens that many links, many at a time; <paramref name="register"/> gets the number of each from 0 on.</summary>
    public Task LinkAsync(
        int agents, Func<HttpClient, int, CancellationToken, Task<LoadAgent>> register, CancellationToken cancellationToken) =>
        Parallel.ForAsync(
            0,
            agents,
            new ParallelOptions { MaxDegreeOfParallelism = RegisteringAtOnce, CancellationToken = cancellationToken },
            async (number, stop) => _agents.Add(await register(_links, number, stop)));

    public async ValueTask DisposeAsync()
    {
        foreach (var agent in _agents)
        {
            await agent.DisposeAsync();
        }

        _links.Dispose();
        await _master.DisposeAsync();
        await _store.DisposeAsync();
        if (!_keeps)
        {
            Directory.Delete(_directory, recursive: true);
        }
    }
}
