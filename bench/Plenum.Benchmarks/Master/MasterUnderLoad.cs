using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Master;
using Plenum.Storage.Sqlite;

namespace Plenum.Benchmarks.Master;

/// <summary>A whole master on a free loopback port, with its registry on disk, and agents linked to it.</summary>
internal sealed class MasterUnderLoad : IAsyncDisposable
{
    private readonly string _directory;
    private readonly SqliteStateStore _store;
    private readonly MasterServer _master;
    private readonly List<LoadAgent> _agents = [];

    private MasterUnderLoad(string directory, SqliteStateStore store, MasterServer master)
    {
        _directory = directory;
        _store = store;
        _master = master;
    }

    public Uri Address => _master.Address;

    public static async Task<MasterUnderLoad> StartAsync(int agents, CancellationToken cancellationToken)
    {
        var directory = Directory.CreateTempSubdirectory("plenum-bench-").FullName;
        var store = SqliteStateStore.Open(new SqliteStoreOptions { Directory = directory });
        var master = await MasterServer.StartAsync(
            new MasterOptions { Port = 0 }, store, TimeProvider.System, NullLoggerFactory.Instance, cancellationToken);
        var cluster = new MasterUnderLoad(directory, store, master);
        for (var i = 0; i < agents; i++)
        {
            cluster._agents.Add(await LoadAgent.RegisterAsync(master.Address, i, cancellationToken));
        }

        return cluster;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var agent in _agents)
        {
            await agent.DisposeAsync();
        }

        await _master.DisposeAsync();
        await _store.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
