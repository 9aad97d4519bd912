using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Server;

/// <summary>An agent in a process of its own that can be killed without warning: this assembly, started once more.</summary>
internal sealed class ChildAgent : IDisposable
{
    private const string MasterVariable = "PLENUM_TEST_AGENT_MASTER";
    private const string WorkVariable = "PLENUM_TEST_AGENT_WORK";
    private const string NetworksVariable = "PLENUM_TEST_AGENT_NETWORKS";

    private readonly Process _process;

    private ChildAgent(Process process) => _process = process;

    public int Id => _process.Id;

    /// <param name="master">Whom it registers with.</param>
    /// <param name="work">Its work directory.</param>
    /// <param name="networks">With a directory of networks and plugins it runs containers; without, plain processes.</param>
    public static ChildAgent Start(Uri master, string work, string? networks = null)
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

        return new ChildAgent(Process.Start(start)!);
    }

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
        }

        _process.Dispose();
    }

    public static AgentOptions WithNetworks(AgentOptions options, string directory) => options with
    {
        Isolation = AgentIsolation.Containers,
        NetworkConfigurationDirectory = directory,
        NetworkPluginDirectories = $"{directory}:/usr/lib/cni",
    };

    /// <summary>In the child: be the agent, and never come to the test host's own entry point.</summary>
    [ModuleInitializer]
    internal static void RunAsChild()
    {
        if (System.Environment.GetEnvironmentVariable(MasterVariable) is { } master
            && System.Environment.GetEnvironmentVariable(WorkVariable) is { } work)
        {
            // What the agent starts must not think that it is one.
            System.Environment.SetEnvironmentVariable(MasterVariable, null);
            RunAsync(new Uri(master), work).GetAwaiter().GetResult();
        }
    }

    private static async Task RunAsync(Uri master, string work)
    {
        await using var agent = await AgentServer.StartAsync(
            System.Environment.GetEnvironmentVariable(NetworksVariable) is { } networks
                ? WithNetworks(AgentFixture.Options(master, work), networks)
                : AgentFixture.Options(master, work),
            TimeProvider.System,
            NullLoggerFactory.Instance,
            CancellationToken.None);
        await agent.Completion;
        System.Environment.Exit(0);
    }
}
