using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Agent.Checkpointing;
using Plenum.Agent.Tests.Checkpointing;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Server;

/// <summary>An agent in a process of its own that can be killed without warning: this assembly, started once more.</summary>
internal sealed class ChildAgent : IDisposable
{
    private const string MasterVariable = "PLENUM_TEST_AGENT_MASTER";
    private const string WorkVariable = "PLENUM_TEST_AGENT_WORK";
    private const string NetworksVariable = "PLENUM_TEST_AGENT_NETWORKS";
    private const string UsersVariable = "PLENUM_TEST_AGENT_USERS";
    private const string DeathVariable = "PLENUM_TEST_AGENT_DIES_AT";

    private readonly Process _process;

    private ChildAgent(Process process) => _process = process;

    public int Id => _process.Id;

    /// <param name="master">Whom it registers with.</param>
    /// <param name="work">Its work directory.</param>
    /// <param name="networks">With a directory of networks and plugins it runs containers; without, plain processes.</param>
    /// <param name="diesAt">It kills itself before this step of its checkpoints' disk; 0: never.</param>
    /// <param name="programs">A directory whose programs go before the machine's.</param>
    /// <param name="users">See <see cref="AgentOptions.UserNamespaces"/>.</param>
    public static ChildAgent Start(Uri master, string work, string? networks = null, int diesAt = 0, string? programs = null, string? users = null)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { "exec", typeof(ChildAgent).Assembly.Location },
            Environment = { [MasterVariable] = master.ToString(), [WorkVariable] = work },
        };
        if (networks is not null)
        {
            start.Environment[NetworksVariable] = networks;
        }

        if (diesAt > 0)
        {
            start.Environment[DeathVariable] = diesAt.ToString(CultureInfo.InvariantCulture);
        }

        if (users is not null)
        {
            start.Environment[UsersVariable] = users;
        }

        if (programs is not null)
        {
            start.Environment["PATH"] = $"{programs}:{System.Environment.GetEnvironmentVariable("PATH")}";
        }

        return new ChildAgent(Process.Start(start)!);
    }

    /// <summary>Its end, whoever brought it about.</summary>
    public Task EndedAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    /// <summary>kill -9 of the agent alone: what it started lives on.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: false);
        await _process.WaitForExitAsync(Patience.Token());
    }

    /// <summary>A test that failed before its kill leaves no agent behind either.</summary>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: false);
            // Its hold on the work directory goes with it, and the test cleans up there next.
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    public static AgentOptions WithNetworks(AgentOptions options, string directory) => options with
    {
        Isolation = AgentIsolation.Containers,
        NetworkConfigurationDirectory = directory,
        NetworkPluginDirectories = $"{directory}:/usr/lib/cni",
        UserNamespaces = System.Environment.GetEnvironmentVariable(UsersVariable),
    };

    /// <summary>The program's own entry, which the test host does not use: in the child, be the agent.</summary>
    private static async Task Main()
    {
        if (System.Environment.GetEnvironmentVariable(MasterVariable) is { } master
            && System.Environment.GetEnvironmentVariable(WorkVariable) is { } work)
        {
            // What the agent starts must not think that it is one.
            System.Environment.SetEnvironmentVariable(MasterVariable, null);
            await RunAsync(new Uri(master), work);
        }
    }

    private static async Task RunAsync(Uri master, string work)
    {
        await using var agent = await AgentServer.StartAsync(
            System.Environment.GetEnvironmentVariable(NetworksVariable) is { } networks
                ? WithNetworks(AgentFixture.Options(master, work), networks)
                : AgentFixture.Options(master, work),
            RuntimeChoice.Create,
            int.TryParse(System.Environment.GetEnvironmentVariable(DeathVariable), CultureInfo.InvariantCulture, out var step)
                ? new DeadlyDisk(step)
                : new CheckpointDisk(),
            TimeProvider.System,
            NullLoggerFactory.Instance,
            CancellationToken.None);
        await agent.Completion;
    }
}
