using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Plenum.Protocol.V1.Scheduler;
using Plenum.Scheduling.Http;

namespace Plenum.Scheduling.Tests.Http;

public sealed class HttpSchedulerTransportShould : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly ManualTime _time = new();
    private MasterDouble? _master;

    private MasterDouble Master => _master ?? throw new InvalidOperationException("Not started");

    public async Task InitializeAsync() => _master = await MasterDouble.StartAsync();

    public async Task DisposeAsync() => await Master.DisposeAsync();

    [Theory]
    [InlineData(false, "application/x-protobuf")]
    [InlineData(true, "application/json")]
    public async Task Speak_either_form_on_stream_and_calls(bool useJson, string mediaType)
    {
        using var transport = Transport(useJson);
        await using var connection = await transport.SubscribeAsync(Calls.Subscribe(), None);
        Master.Send(Calls.Subscribed());
        Master.Send(Calls.Rescind("o-1"));
        (await connection.Events.ReadAsync()).ShouldBe(Calls.Subscribed());
        (await connection.Events.ReadAsync()).ShouldBe(Calls.Rescind("o-1"));
        await connection.SendAsync(Calls.Message("hello"), None);

        var seen = Master.Seen.ToArray();
        seen.Length.ShouldBe(2);
        seen.ShouldAllBe(s => s.ContentType == mediaType);
        (seen[0].Call, seen[0].StreamId).ShouldBe((Calls.Subscribe(), null));
        (seen[1].Call, seen[1].StreamId).ShouldBe((Calls.Message("hello"), MasterDouble.StreamId));
    }

    [Fact]
    public async Task Send_calls_one_after_the_other_on_a_connection_of_their_own()
    {
        using var transport = Transport();
        await using var connection = await transport.SubscribeAsync(Calls.Subscribe(), None);
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => connection.SendAsync(Calls.Message($"{i}"), None).AsTask()));

        var seen = Master.Seen.ToArray();
        var calls = seen.Where(s => s.Call.Type == Call.Types.Type.Message).ToList();
        calls.Select(s => s.Call.Message.Data.ToStringUtf8()).ShouldBe(Enumerable.Range(0, 100).Select(i => $"{i}"));
        Master.MostCallsInside.ShouldBe(1);
        var used = calls.Select(s => s.ConnectionId).Distinct().ShouldHaveSingleItem();
        used.ShouldNotBe(seen[0].ConnectionId);
    }

    [Fact]
    public async Task Follow_a_standby_to_the_leader_and_stay_there()
    {
        await using var standby = await MasterDouble.StartAsync();
        standby.Intercept = (_, context) => RedirectAsync(context, $"//127.0.0.1:{Master.Address.Port}/api/v1/scheduler");
        using var transport = Transport(master: standby.Address);
        await using var connection = await transport.SubscribeAsync(Calls.Subscribe(), None);
        await connection.SendAsync(Calls.Message("hello"), None);
        Master.Seen.Count.ShouldBe(2);
        standby.Seen.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("self")]
    [InlineData("not an address")]
    public async Task Give_up_on_masters_that_lead_nowhere(string location)
    {
        Master.Intercept = (_, context) => RedirectAsync(context, location == "self" ? Master.Address.ToString() : "http://[bad");
        using var transport = Transport();
        var refusal = await Should.ThrowAsync<SchedulerCallException>(() => transport.SubscribeAsync(Calls.Subscribe(), None));
        refusal.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        Master.Seen.Count.ShouldBeLessThanOrEqualTo(10);
    }

    [Fact]
    public async Task Hand_on_status_and_text_of_a_refusal()
    {
        Master.Intercept = (call, context) => AnswerAsync(context, HttpStatusCode.BadRequest, $"{call.Type} is malformed");
        using var transport = Transport();
        var refusal = await Should.ThrowAsync<SchedulerCallException>(() => transport.SubscribeAsync(Calls.Subscribe(), None));
        (refusal.Status, refusal.Message).ShouldBe((HttpStatusCode.BadRequest, "Subscribe is malformed"));
    }

    [Fact]
    public async Task Break_the_subscription_when_a_call_is_forbidden()
    {
        using var transport = Transport();
        await using var connection = await transport.SubscribeAsync(Calls.Subscribe(), None);
        Master.Intercept = (_, context) => AnswerAsync(context, HttpStatusCode.Forbidden, "Framework is not subscribed");
        (await Should.ThrowAsync<SchedulerCallException>(() => connection.SendAsync(Calls.Message("hello"), None).AsTask()))
            .Status.ShouldBe(HttpStatusCode.Forbidden);
        (await Should.ThrowAsync<SchedulerCallException>(() => connection.Events.Completion)).Message.ShouldBe("Framework is not subscribed");
    }

    [Fact]
    public async Task Count_a_master_that_nobody_answers_for_as_unavailable()
    {
        var address = Master.Address;
        await Master.DisposeAsync();
        using var transport = Transport(master: address);
        var refusal = await Should.ThrowAsync<SchedulerCallException>(() => transport.SubscribeAsync(Calls.Subscribe(), None));
        refusal.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        refusal.Message.ShouldContain($"{address.Port}");
    }

    [Fact]
    public async Task Not_wait_longer_than_its_limit_for_an_answer()
    {
        var reached = new TaskCompletionSource();
        Master.Intercept = async (_, context) =>
        {
            reached.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };
        using var transport = Transport();
        var subscribing = transport.SubscribeAsync(Calls.Subscribe(), None);
        await reached.Task;
        _time.Advance(TimeSpan.FromSeconds(16));
        (await Should.ThrowAsync<SchedulerCallException>(() => subscribing)).Message.ShouldContain("15 s");
    }

    [Fact]
    public async Task Give_a_stream_up_after_five_missed_heartbeats()
    {
        using var transport = Transport();
        await using var connection = await transport.SubscribeAsync(Calls.Subscribe(), None);
        Master.Send(Calls.Subscribed(heartbeatSeconds: 2));
        await connection.Events.ReadAsync();
        _time.Advance(TimeSpan.FromSeconds(8));
        Master.Send(Calls.Heartbeat);
        await connection.Events.ReadAsync();
        _time.Advance(TimeSpan.FromSeconds(9));
        connection.Events.Completion.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(3));
        (await Should.ThrowAsync<IOException>(() => connection.Events.Completion)).Message.ShouldContain("silent for");
    }

    [Fact]
    public async Task End_the_events_quietly_when_the_master_ends_the_stream()
    {
        using var transport = Transport();
        await using var connection = await transport.SubscribeAsync(Calls.Subscribe(), None);
        Master.Send(Calls.Error("Framework failed over"));
        Master.EndStream();
        (await connection.Events.ReadAsync()).Error.Message.ShouldBe("Framework failed over");
        await connection.Events.Completion;
    }

    [Fact]
    public async Task End_the_events_with_the_reason_when_the_stream_is_cut()
    {
        using var transport = Transport();
        await using var connection = await transport.SubscribeAsync(Calls.Subscribe(), None);
        Master.CutStream();
        await Should.ThrowAsync<IOException>(() => connection.Events.Completion);
    }

    [Theory]
    [InlineData("no number\n")]
    [InlineData("99999999\n")]
    [InlineData("3\nabc")]
    public async Task End_the_events_with_the_reason_when_a_record_is_damaged(string bytes)
    {
        using var transport = Transport();
        await using var connection = await transport.SubscribeAsync(Calls.Subscribe(), None);
        Master.SendRaw(Encoding.ASCII.GetBytes(bytes));
        (await Should.ThrowAsync<IOException>(() => connection.Events.Completion)).Message.ShouldNotBeEmpty();
    }

    private static async Task<bool> AnswerAsync(HttpContext context, HttpStatusCode status, string text)
    {
        context.Response.StatusCode = (int)status;
        await context.Response.WriteAsync(text);
        return true;
    }

    private static Task<bool> RedirectAsync(HttpContext context, string location)
    {
        context.Response.StatusCode = (int)HttpStatusCode.TemporaryRedirect;
        context.Response.Headers.Location = location;
        return Task.FromResult(true);
    }

    private HttpSchedulerTransport Transport(bool useJson = false, Uri? master = null) =>
        new(new HttpSchedulerOptions { Master = master ?? Master.Address, UseJson = useJson }, _time);
}
