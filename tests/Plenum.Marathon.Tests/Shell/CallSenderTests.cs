using System.Net;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Marathon.Shell;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Plenum.Scheduling;
using Plenum.Scheduling.Sessions;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Marathon.Tests.Shell;

public sealed class CallSenderTests
{
    private readonly OneByOne _transport = new();

    /// <summary>Found when an agent of the same process could not start: the orchestrator crashed while it was stopped.</summary>
    [Fact]
    public async Task A_call_after_the_subscription_ended_is_dropped_and_stops_nobody()
    {
        await using var session = Start();
        var (first, connection) = await ConnectedAsync(session);
        var sender = new CallSender(session, first, NullLogger.Instance);
        await sender.DisposeAsync();

        sender.Send(new Call { Type = Call.Types.Type.Revive });

        connection.Calls.Reader.TryRead(out _).ShouldBeFalse();
    }

    [Fact]
    public async Task A_call_the_master_refuses_opens_another_subscription_which_gets_no_call_of_the_one_before()
    {
        await using var session = Start();
        var (first, connection) = await ConnectedAsync(session);
        connection.Failure = new SchedulerCallException(HttpStatusCode.BadRequest, "not like this");
        await using var sender = new CallSender(session, first, NullLogger.Instance);

        sender.Send(new Call { Type = Call.Types.Type.Revive });
        var (second, next) = await ConnectedAsync(session);

        second.ShouldBeGreaterThan(first);
        sender.Send(new Call { Type = Call.Types.Type.Suppress });
        await using var own = new CallSender(session, second, NullLogger.Instance);
        own.Send(new Call { Type = Call.Types.Type.Revive });
        (await next.Calls.Reader.ReadAsync()).Type.ShouldBe(Call.Types.Type.Revive);
        next.Calls.Reader.TryRead(out _).ShouldBeFalse();
    }

    private SchedulerSession Start() => SchedulerSession.Start(
        _transport,
        new Call.Types.Subscribe { FrameworkInfo = new FrameworkInfo { User = "u", Name = "n" } },
        new SchedulerSessionOptions { FirstDelay = TimeSpan.FromMilliseconds(1) },
        TimeProvider.System);

    private async Task<(long Subscription, OneByOne.Connection Connection)> ConnectedAsync(SchedulerSession session)
    {
        var connection = await _transport.Opened.Reader.ReadAsync();
        connection.Received.Writer.TryWrite(new Event
        {
            Type = Event.Types.Type.Subscribed,
            Subscribed = new Event.Types.Subscribed { FrameworkId = new FrameworkID { Value = "f" } },
        });
        while (true)
        {
            if (await session.Events.ReadAsync() is SchedulerSessionEvent.Connected connected)
            {
                return (connected.Subscription, connection);
            }
        }
    }

    private sealed class OneByOne : ISchedulerTransport
    {
        public Channel<Connection> Opened { get; } = Channel.CreateUnbounded<Connection>();

        public Task<ISchedulerConnection> SubscribeAsync(Call subscribe, CancellationToken cancellationToken)
        {
            var connection = new Connection();
            Opened.Writer.TryWrite(connection);
            return Task.FromResult<ISchedulerConnection>(connection);
        }

        internal sealed class Connection : ISchedulerConnection
        {
            public Channel<Event> Received { get; } = Channel.CreateUnbounded<Event>();

            public Channel<Call> Calls { get; } = Channel.CreateUnbounded<Call>();

            public Exception? Failure { get; set; }

            public ChannelReader<Event> Events => Received.Reader;

            public ValueTask SendAsync(Call call, CancellationToken cancellationToken)
            {
                if (Failure is not null)
                {
                    return ValueTask.FromException(Failure);
                }

                Calls.Writer.TryWrite(call);
                return ValueTask.CompletedTask;
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
