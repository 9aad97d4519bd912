using System.Net;
using Plenum.Scheduling.Sessions;
using Told = Plenum.Scheduling.Sessions.SchedulerSessionEvent;

namespace Plenum.Scheduling.Tests.Sessions;

public sealed class SchedulerSessionShould : IAsyncDisposable
{
    private readonly ManualTime _time = new();
    private readonly ScriptedTransport _transport = new();
    private SchedulerSession? _session;

    [Fact]
    public async Task Say_connected_then_hand_on_events_without_heartbeats()
    {
        var session = Start();
        var connection = await _transport.NextAsync();
        connection.Send(Calls.Subscribed("fw-7"));
        connection.Send(Calls.Heartbeat);
        connection.Send(Calls.Rescind("o-1"));
        (await NextAsync<Told.Connected>()).Framework.Value.ShouldBe("fw-7");
        (await NextAsync<Told.Received>()).Event.ShouldBe(Calls.Rescind("o-1"));
        session.Framework.ShouldNotBeNull().Value.ShouldBe("fw-7");
    }

    [Fact]
    public async Task Come_back_with_its_id_after_the_stream_broke()
    {
        Start();
        var first = await _transport.NextAsync();
        first.Subscribe.FrameworkId.ShouldBeNull();
        first.Send(Calls.Subscribed("fw-7"));
        await NextAsync<Told.Connected>();
        first.End(new IOException("cut"));
        (await NextAsync<Told.Disconnected>()).ShouldBe(new Told.Disconnected("cut", IsFinal: false));
        await PassDelayAsync();

        var second = await _transport.NextAsync();
        first.IsDisposed.ShouldBeTrue();
        second.Subscribe.FrameworkId.Value.ShouldBe("fw-7");
        second.Subscribe.Subscribe.FrameworkInfo.Id.Value.ShouldBe("fw-7");
        second.Send(Calls.Subscribed("fw-7"));
        await NextAsync<Told.Connected>();
    }

    [Fact]
    public async Task Use_the_id_of_an_earlier_life()
    {
        Start(id: "fw-old");
        var connection = await _transport.NextAsync();
        connection.Subscribe.ShouldBe(Calls.Subscribe("fw-old"));
    }

    [Fact]
    public async Task Wait_longer_with_each_failure_up_to_the_limit_and_start_anew_after_success()
    {
        for (var i = 0; i < 8; i++)
        {
            _transport.Failures.Enqueue(new SchedulerCallException(HttpStatusCode.ServiceUnavailable, "no leader"));
        }

        Start();
        for (var i = 0; i < 8; i++)
        {
            var full = Math.Min(0.5 * Math.Pow(2, i), 15);
            (await PassDelayAsync()).TotalSeconds.ShouldBeInRange(full / 2, full);
        }

        var connection = await _transport.NextAsync();
        connection.Send(Calls.Subscribed());
        await NextAsync<Told.Connected>();
        connection.End();
        await NextAsync<Told.Disconnected>();
        (await PassDelayAsync()).TotalSeconds.ShouldBeInRange(0.25, 0.5);
    }

    [Fact]
    public async Task End_for_good_when_the_master_sends_an_error()
    {
        var session = Start();
        var connection = await _transport.NextAsync();
        connection.Send(Calls.Subscribed());
        connection.Send(Calls.Error("Framework has been removed"));
        await NextAsync<Told.Connected>();
        (await NextAsync<Told.Disconnected>()).ShouldBe(new Told.Disconnected("Framework has been removed", IsFinal: true));
        await session.Events.Completion;
    }

    [Theory]
    [InlineData(HttpStatusCode.BadRequest, true)]
    [InlineData(HttpStatusCode.Unauthorized, true)]
    [InlineData(HttpStatusCode.Forbidden, true)]
    [InlineData(HttpStatusCode.TooManyRequests, false)]
    [InlineData(HttpStatusCode.ServiceUnavailable, false)]
    [InlineData(HttpStatusCode.InternalServerError, false)]
    public async Task Take_a_refused_subscription_as_final_only_when_asking_again_is_useless(HttpStatusCode status, bool isFinal)
    {
        _transport.Failures.Enqueue(new SchedulerCallException(status, "refused"));
        Start();
        if (isFinal)
        {
            (await NextAsync<Told.Disconnected>()).ShouldBe(new Told.Disconnected("refused", IsFinal: true));
        }
        else
        {
            (await NextAsync<Told.Waiting>()).Reason.ShouldBe("refused");
        }
    }

    [Fact]
    public async Task Fill_in_its_id_and_send_only_while_connected()
    {
        var session = Start();
        var call = Calls.Message("hello");
        call.FrameworkId = null;
        (await session.TrySendAsync(call, CancellationToken.None)).ShouldBeFalse();

        var connection = await _transport.NextAsync();
        connection.Send(Calls.Subscribed("fw-7"));
        await NextAsync<Told.Connected>();
        (await session.TrySendAsync(call, CancellationToken.None)).ShouldBeTrue();
        connection.Calls.ShouldHaveSingleItem().FrameworkId.Value.ShouldBe("fw-7");

        connection.End();
        await NextAsync<Told.Disconnected>();
        (await session.TrySendAsync(call, CancellationToken.None)).ShouldBeFalse();
    }

    [Theory]
    [InlineData(HttpStatusCode.Forbidden)]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    public async Task Subscribe_again_when_a_call_shows_that_the_subscription_is_lost(HttpStatusCode status)
    {
        var session = Start();
        var first = await _transport.NextAsync();
        first.Send(Calls.Subscribed());
        await NextAsync<Told.Connected>();
        first.CallFailure = new SchedulerCallException(status, "lost");
        (await session.TrySendAsync(Calls.Message("hello"), CancellationToken.None)).ShouldBeFalse();
        (await NextAsync<Told.Disconnected>()).ShouldBe(new Told.Disconnected("lost", IsFinal: false));
        await PassDelayAsync();
        await _transport.NextAsync();
    }

    [Fact]
    public async Task Throw_when_the_call_itself_is_wrong_and_stay_subscribed()
    {
        var session = Start();
        var connection = await _transport.NextAsync();
        connection.Send(Calls.Subscribed());
        await NextAsync<Told.Connected>();
        connection.CallFailure = new SchedulerCallException(HttpStatusCode.BadRequest, "malformed");
        await Should.ThrowAsync<SchedulerCallException>(() => session.TrySendAsync(Calls.Message("x"), CancellationToken.None).AsTask());
        connection.Send(Calls.Rescind("o-1"));
        await NextAsync<Told.Received>();
    }

    [Fact]
    public async Task Ask_what_to_subscribe_as_before_every_attempt()
    {
        var asked = 0;
        _session = SchedulerSession.Start(
            _transport,
            _ =>
            {
                var subscribe = Calls.Subscription();
                subscribe.FrameworkInfo.Roles.Add($"role-{++asked}");
                return ValueTask.FromResult(subscribe);
            },
            new SchedulerSessionOptions { Seed = 7 },
            _time);
        var first = await _transport.NextAsync();
        first.Subscribe.Subscribe.FrameworkInfo.Roles.ShouldBe(["role-1"]);
        first.Send(Calls.Subscribed("fw-7"));
        var subscription = (await NextAsync<Told.Connected>()).Subscription;

        await _session.ResubscribeAsync(subscription, "too far behind");

        (await NextAsync<Told.Disconnected>()).ShouldBe(new Told.Disconnected("too far behind", IsFinal: false));
        await PassDelayAsync();
        var second = await _transport.NextAsync();
        second.Subscribe.Subscribe.FrameworkInfo.Roles.ShouldBe(["role-2"]);
        second.Subscribe.FrameworkId.Value.ShouldBe("fw-7");
    }

    [Fact]
    public async Task Not_send_a_call_that_was_decided_under_an_earlier_subscription()
    {
        var session = Start();
        var first = await _transport.NextAsync();
        first.Send(Calls.Subscribed());
        var old = (await NextAsync<Told.Connected>()).Subscription;
        (await session.TrySendAsync(Calls.Message("a"), old, CancellationToken.None)).ShouldBeTrue();
        first.End();
        await NextAsync<Told.Disconnected>();
        await PassDelayAsync();
        var second = await _transport.NextAsync();
        second.Send(Calls.Subscribed());
        var current = (await NextAsync<Told.Connected>()).Subscription;

        (await session.TrySendAsync(Calls.Message("b"), old, CancellationToken.None)).ShouldBeFalse();
        (await session.TrySendAsync(Calls.Message("c"), current, CancellationToken.None)).ShouldBeTrue();
        await session.ResubscribeAsync(old, "of the old one's business only");

        second.Calls.ShouldHaveSingleItem();
        session.Events.TryRead(out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Close_its_connection_and_its_events_when_it_is_disposed()
    {
        var session = Start();
        var connection = await _transport.NextAsync();
        connection.Send(Calls.Subscribed());
        await NextAsync<Told.Connected>();
        await session.DisposeAsync();
        connection.IsDisposed.ShouldBeTrue();
        await session.Events.Completion;
        _session = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_session is not null)
        {
            await _session.DisposeAsync();
        }
    }

    private SchedulerSession Start(string? id = null) =>
        _session = SchedulerSession.Start(_transport, Calls.Subscription(id), new SchedulerSessionOptions { Seed = 7 }, _time);

    private async Task<T> NextAsync<T>()
        where T : Told =>
        (await _session!.Events.ReadAsync()).ShouldBeOfType<T>();

    private async Task<TimeSpan> PassDelayAsync()
    {
        var delay = (await NextAsync<Told.Waiting>()).Delay;

        // Timers count whole milliseconds.
        await _time.AdvanceOnceArmedAsync(TimeSpan.FromMilliseconds((long)delay.TotalMilliseconds));
        return delay;
    }
}
