using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Marathon.Core;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Plenum.Scheduling;
using Plenum.Storage;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Marathon.Tests.Shell;

/// <summary>The whole server over real sockets, with a master played by the test and a store in memory.</summary>
public sealed class MarathonServerTests : IAsyncLifetime, IDisposable
{
    // Only a bound: beside the other tests, on a busy machine, half a minute was once too short.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly MemoryStateStore _store = new();
    private readonly FakeMaster _master = new();
    private readonly CancellationTokenSource _deadline = new(Patience);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _store.DisposeAsync();

    public void Dispose() => _deadline.Dispose();

    [Fact]
    public async Task A_posted_app_runs_and_survives_the_server()
    {
        string deployment;
        await using (var server = await StartAsync())
        {
            var subscription = await IdleSubscriptionAsync();
            using var client = new HttpClient { BaseAddress = server.Address };
            using var posted = await client.PostAsJsonAsync(
                "/v2/apps", new { id = "/web", cmd = "sleep 1000", cpus = 0.1, mem = 16 }, _deadline.Token);
            posted.StatusCode.ShouldBe(HttpStatusCode.Created);
            deployment = posted.Headers.GetValues("Marathon-Deployment-Id").Single();

            await subscription.ExpectAsync(Call.Types.Type.Revive, _deadline.Token);
            subscription.Send(FakeMaster.OfferEvent());
            var accept = await subscription.ExpectAsync(Call.Types.Type.Accept, _deadline.Token);
            accept.FrameworkId.Value.ShouldBe(FakeMaster.FrameworkId);
            var task = accept.Accept.Operations.Single().Launch.TaskInfos.Single();
            task.Name.ShouldBe("web");
        }

        // The server is gone with the launch sent and nothing heard: the next one asks.
        await using (var server = await StartAsync())
        {
            using var client = new HttpClient { BaseAddress = server.Address };
            var deployments = await client.GetFromJsonAsync<JsonElement>("/v2/deployments", _deadline.Token);
            deployments.EnumerateArray().Single().GetProperty("id").GetString().ShouldBe(deployment);

            var subscription = await _master.NextSubscriptionAsync(_deadline.Token);
            subscription.Subscribe.FrameworkId.Value.ShouldBe(FakeMaster.FrameworkId);
            var known = (await subscription.ExpectAsync(Call.Types.Type.Reconcile, _deadline.Token)).Reconcile.Tasks.Single();
            var status = new Plenum.Protocol.V1.TaskStatus
            {
                TaskId = known.TaskId,
                AgentId = known.AgentId,
                State = TaskState.TaskRunning,
                Uuid = Google.Protobuf.ByteString.CopyFrom(new byte[16]),
            };
            subscription.Send(new Event { Type = Event.Types.Type.Update, Update = new Event.Types.Update { Status = status } });
            await subscription.ExpectAsync(Call.Types.Type.Acknowledge, _deadline.Token);
            deployments = await client.GetFromJsonAsync<JsonElement>("/v2/deployments", _deadline.Token);
            deployments.GetArrayLength().ShouldBe(0, "acknowledged means decided and stored");
        }
    }

    [Fact]
    public async Task A_broken_subscription_is_opened_again_with_the_same_id()
    {
        await using var server = await StartAsync();
        var first = await _master.NextSubscriptionAsync(_deadline.Token);
        await first.ExpectAsync(Call.Types.Type.Suppress, _deadline.Token);
        first.Break();
        var second = await _master.NextSubscriptionAsync(_deadline.Token);
        second.Subscribe.FrameworkId.Value.ShouldBe(FakeMaster.FrameworkId);
        await second.ExpectAsync(Call.Types.Type.Reconcile, _deadline.Token);
    }

    [Fact]
    public async Task A_store_that_fails_stops_the_orchestrator_and_no_answer_is_given_as_if_it_were_stored()
    {
        var failing = new FailingStore(_store);
        await using var server = await MarathonServer.StartAsync(
            new MarathonOptions { Port = 0 }, _master, failing, TimeProvider.System, NullLoggerFactory.Instance, _deadline.Token);
        failing.Fails = true;
        using var client = new HttpClient { BaseAddress = server.Address };
        using var posted = await client.PostAsJsonAsync("/v2/apps", new { id = "/web", cmd = "sleep 1" }, _deadline.Token);
        ((int)posted.StatusCode).ShouldBeGreaterThanOrEqualTo(500);
        await Should.ThrowAsync<StoreUnavailableException>(server.Completion);
    }

    [Fact]
    public async Task The_networks_that_the_options_name_stand_for_bridges_and_for_no_name()
    {
        await using var server = await MarathonServer.StartAsync(
            new MarathonOptions { Port = 0, MesosBridgeName = "br", DefaultNetworkName = "overlay" },
            _master, _store, TimeProvider.System, NullLoggerFactory.Instance, _deadline.Token);
        var subscription = await IdleSubscriptionAsync();
        using var client = new HttpClient { BaseAddress = server.Address };
        foreach (var (id, mode) in new[] { ("/bridged", "container/bridge"), ("/named", "container") })
        {
            using var posted = await client.PostAsJsonAsync(
                "/v2/apps",
                new { id, cmd = "sleep 1000", cpus = 0.1, mem = 16, container = new { type = "MESOS" }, networks = new[] { new { mode } } },
                _deadline.Token);
            posted.StatusCode.ShouldBe(HttpStatusCode.Created);
        }

        var config = (await client.GetFromJsonAsync<JsonElement>("/v2/info", _deadline.Token)).GetProperty("marathon_config");
        config.GetProperty("mesos_bridge_name").GetString().ShouldBe("br");
        config.GetProperty("default_network_name").GetString().ShouldBe("overlay");
        await subscription.ExpectAsync(Call.Types.Type.Revive, _deadline.Token);
        subscription.Send(FakeMaster.OfferEvent());
        var accept = await subscription.ExpectAsync(Call.Types.Type.Accept, _deadline.Token);
        accept.Accept.Operations.Single().Launch.TaskInfos.Select(task => task.Container.NetworkInfos.Single().Name)
            .ShouldBe(["br", "overlay"], ignoreOrder: true);
    }

    [Fact]
    public async Task Only_loopback_is_listened_on()
    {
        var refused = await Should.ThrowAsync<ArgumentException>(() => MarathonServer.StartAsync(
            new MarathonOptions { Port = 0, Address = IPAddress.Any }, _master, _store, TimeProvider.System,
            NullLoggerFactory.Instance, _deadline.Token));
        refused.Message.ShouldContain("loopback");
    }

    /// <summary>
    /// A subscription that wants nothing: what is posted now revives it. An app that is there before the subscription
    /// needs no revive, for a new subscription is open for offers.
    /// </summary>
    private async Task<Subscription> IdleSubscriptionAsync()
    {
        var subscription = await _master.NextSubscriptionAsync(_deadline.Token);
        await subscription.ExpectAsync(Call.Types.Type.Suppress, _deadline.Token);
        return subscription;
    }

    private Task<MarathonServer> StartAsync() => MarathonServer.StartAsync(
        new MarathonOptions { Port = 0 }, _master, _store, TimeProvider.System, NullLoggerFactory.Instance, _deadline.Token);

    private sealed class FakeMaster : ISchedulerTransport
    {
        public const string FrameworkId = "fw-0001";

        private readonly Channel<Subscription> _subscriptions = Channel.CreateUnbounded<Subscription>();

        public Task<ISchedulerConnection> SubscribeAsync(Call subscribe, CancellationToken cancellationToken)
        {
            var subscription = new Subscription(subscribe);
            subscription.Send(new Event
            {
                Type = Event.Types.Type.Subscribed,
                Subscribed = new Event.Types.Subscribed { FrameworkId = new FrameworkID { Value = FrameworkId } },
            });
            _subscriptions.Writer.TryWrite(subscription);
            return Task.FromResult<ISchedulerConnection>(subscription);
        }

        public async Task<Subscription> NextSubscriptionAsync(CancellationToken cancellationToken) =>
            await _subscriptions.Reader.ReadAsync(cancellationToken);

        public static Event OfferEvent() => new()
        {
            Type = Event.Types.Type.Offers,
            Offers = new Event.Types.Offers { Offers_ = { new Tests.Core.CoreHarness().Offer() } },
        };
    }

    private sealed class Subscription(Call subscribe) : ISchedulerConnection
    {
        private readonly Channel<Event> _events = Channel.CreateUnbounded<Event>();
        private readonly Channel<Call> _calls = Channel.CreateUnbounded<Call>();

        public Call Subscribe { get; } = subscribe;

        public ChannelReader<Event> Events => _events.Reader;

        public void Send(Event happened) => _events.Writer.TryWrite(happened);

        public void Break() => _events.Writer.TryComplete(new IOException("the connection broke"));

        public ValueTask SendAsync(Call call, CancellationToken cancellationToken) => _calls.Writer.WriteAsync(call, cancellationToken);

        public async Task<Call> ExpectAsync(Call.Types.Type type, CancellationToken cancellationToken)
        {
            await foreach (var call in _calls.Reader.ReadAllAsync(cancellationToken))
            {
                if (call.Type == type)
                {
                    return call;
                }
            }

            throw new InvalidOperationException($"no {type} came");
        }

        public ValueTask DisposeAsync()
        {
            _events.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }
    }

    private sealed class FailingStore(IStateStore inner) : IStateStore
    {
        public bool Fails { get; set; }

        public ValueTask<StoreEntry?> GetAsync(string key, CancellationToken cancellationToken) => inner.GetAsync(key, cancellationToken);

        public IAsyncEnumerable<StoreEntry> ListAsync(string prefix, CancellationToken cancellationToken) => inner.ListAsync(prefix, cancellationToken);

        public ValueTask<CommitResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken) =>
            Fails ? throw new StoreUnavailableException("the disk is full") : inner.CommitAsync(transaction, cancellationToken);

        public IAsyncEnumerable<StoreChange> WatchAsync(string prefix, long afterRevision, CancellationToken cancellationToken) =>
            inner.WatchAsync(prefix, afterRevision, cancellationToken);

        public ValueTask<IStoreLease> AcquireLeaseAsync(string name, string holder, CancellationToken cancellationToken) =>
            inner.AcquireLeaseAsync(name, holder, cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
