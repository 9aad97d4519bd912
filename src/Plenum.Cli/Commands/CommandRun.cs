using Plenum.Cli.Clients;
using Plenum.Cli.Deployments;
using Plenum.Cli.Moving;
using Plenum.Cli.Output;

namespace Plenum.Cli.Commands;

/// <summary>One run of one command: its output and the cluster it speaks to.</summary>
internal sealed class CommandRun(CliHost host, Display display, HttpClient http, ClusterAddresses addresses)
{
    public CliHost Host { get; } = host;

    public Display Display { get; } = display;

    public MarathonClient Marathon { get; } = new(new ApiClient(http, addresses.Marathon));

    public MetronomeClient Metronome { get; } = new(new ApiClient(http, addresses.Metronome));

    public MasterClient Master { get; } = new(new ApiClient(http, addresses.Master));

    /// <summary>What this cluster should run.</summary>
    public Task<Inventory> ReadInventoryAsync(bool dropDefaultRole, CancellationToken cancellationToken) =>
        new LiveMarathon(new ApiClient(http, addresses.Marathon)).ReadAsync(dropDefaultRole, cancellationToken);

    public DateTimeOffset Now => Host.Time.GetUtcNow();

    public AgentClient Agent(Uri address) => new(new ApiClient(http, address));

    public DeploymentFollower Follower() => new(Marathon, new ProgressLine(Host), Host.Time);
}
