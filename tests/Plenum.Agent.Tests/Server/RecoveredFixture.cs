using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Protocol.Link.V1;

namespace Plenum.Agent.Tests.Server;

/// <summary>
/// An agent on a directory that outlives it. Left at its end, its tasks stay for the next one; otherwise
/// everything is removed.
/// </summary>
internal sealed class RecoveredFixture : IAsyncDisposable
{
    private readonly AgentServer _agent;
    private readonly FakeMaster _master;
    private readonly string _work;
    private readonly bool _leave;

    private RecoveredFixture(AgentServer agent, FakeMaster master, string work, bool leave, AgentMessage.Types.Register registration)
    {
        _agent = agent;
        _master = master;
        _work = work;
        _leave = leave;
        Registration = registration;
    }

    public AgentMessage.Types.Register Registration { get; }

    public static async Task<RecoveredFixture> StartAsync(
        FakeMaster master, string work, bool leave = false, AgentIsolation isolation = AgentIsolation.Processes)
    {
        var agent = await AgentServer.StartAsync(
            AgentFixture.Options(master.Address, work, isolation),
            TimeProvider.System,
            NullLoggerFactory.Instance,
            CancellationToken.None);
        return new RecoveredFixture(agent, master, work, leave, await master.RegistrationAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (!_leave)
        {
            _master.Send(new MasterMessage { Shutdown = new MasterMessage.Types.Shutdown { Message = "the test is over" } });
            await _agent.Completion.WaitAsync(Patience.Limit);
        }

        await _agent.DisposeAsync();
        if (!_leave)
        {
            Directory.Delete(_work, recursive: true);
        }
    }
}
