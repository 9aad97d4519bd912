namespace Plenum.Cli.Tests.Harness;

/// <summary>A test with a cluster of its own.</summary>
public abstract class CliTest : IAsyncLifetime
{
    private protected FakeCluster Cluster { get; private set; } = null!;

    public async Task InitializeAsync() => Cluster = await FakeCluster.StartAsync();

    public async Task DisposeAsync() => await Cluster.DisposeAsync();
}
