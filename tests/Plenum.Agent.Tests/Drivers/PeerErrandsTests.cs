using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Http.Libprocess;
using Plenum.Protocol.Driver;
using Plenum.Protocol.V1;
using Plenum.Tests.Shared;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Drivers;

public sealed class PeerErrandsTests
{
    [Fact]
    public async Task As_many_as_a_machine_has_executors_are_all_told()
    {
        // Only 64 fitted once: after a restart of its agent a machine with more executors lost the rest.
        const int Executors = 200;
        await using var executor = new LibprocessPeer("slave(1)", "executor(1)");
        await using var errands = new PeerErrands(
            new Upid("slave(1)", new IPEndPoint(IPAddress.Loopback, 9)), new StandingClock(), NullLogger.Instance);
        Upid.TryParse(executor.Pid, out var peer).ShouldBeTrue();
        for (var i = 0; i < Executors; i++)
        {
            errands.Tell(peer, new ReconnectExecutorMessage { SlaveId = new AgentID { Value = $"{i}" } });
        }

        var told = new HashSet<string>();
        while (told.Count < Executors)
        {
            told.Add((await executor.NextAsync(ReconnectExecutorMessage.Parser)).SlaveId.Value).ShouldBeTrue();
        }
    }

    /// <summary>A machine that is so busy that a connection takes longer than the patience with it is no loss here.</summary>
    private sealed class StandingClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Timer();

        private sealed class Timer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
