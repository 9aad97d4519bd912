using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Marathon.Shell;
using Plenum.Protocol.V1.Scheduler;
using Plenum.Scheduling;

namespace Plenum.Marathon.Tests.Shell;

public sealed class CallSenderTests
{
    /// <summary>Found when an agent of the same process could not start: the orchestrator crashed while it was stopped.</summary>
    [Fact]
    public async Task A_call_after_the_subscription_ended_is_dropped_and_stops_nobody()
    {
        var sender = new CallSender(new SilentConnection(), NullLogger.Instance);
        await sender.DisposeAsync();

        sender.Send(new Call { Type = Call.Types.Type.Revive }, "framework");

        sender.Broken.IsCancellationRequested.ShouldBeTrue();
    }

    private sealed class SilentConnection : ISchedulerConnection
    {
        public ChannelReader<Event> Events { get; } = Channel.CreateBounded<Event>(1).Reader;

        public ValueTask SendAsync(Call call, CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
