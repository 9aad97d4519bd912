using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Cli.Tests.Harness;
using Plenum.Marathon;
using Plenum.Marathon.Core;
using Plenum.Protocol.V1.Scheduler;
using Plenum.Scheduling;
using Plenum.Storage;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Cli.Tests.Moving;

/// <summary>
/// The product's own server on a free port, with a master that never offers anything: what has no instances is deployed
/// at once, what has some stays a deployment under way.
/// </summary>
internal sealed class RealMarathon : IAsyncDisposable
{
    private readonly MemoryStateStore _store = new();
    private MarathonServer _server = null!;

    public HttpClient Client { get; private set; } = null!;

    public Uri Address => _server.Address;

    public FakeTerminal Terminal { get; } = new();

    public Stream Input { get; set; } = Stream.Null;

    public static async Task<RealMarathon> StartAsync(int maxRunningDeployments = 100)
    {
        var marathon = new RealMarathon();
        marathon._server = await MarathonServer.StartAsync(
            new MarathonOptions { Port = 0, MaxRunningDeployments = maxRunningDeployments, DefaultNetworkName = "net" },
            new SilentMaster(),
            marathon._store,
            TimeProvider.System,
            NullLoggerFactory.Instance,
            CancellationToken.None);
        marathon.Client = new HttpClient { BaseAddress = marathon.Address };
        return marathon;
    }

    /// <summary>The program against this server, or against one that stands before it.</summary>
    public Task<CliRun> RunAsync(params string[] arguments) => RunAsync(Address, arguments);

    public Task<CliRun> RunAsync(Uri door, string[] arguments, IReadOnlyDictionary<string, string>? environment = null) => CliRun.OfAsync(
        door.ToString(), "http://127.0.0.1:1/", Input, Terminal, TimeProvider.System, arguments, environment, CancellationToken.None);

    public async Task<JsonElement> GetAsync(string path) => await Client.GetFromJsonAsync<JsonElement>(path);

    public async Task SendAsync(HttpMethod method, string path, string? json = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        }
        using var response = await Client.SendAsync(request);
        response.IsSuccessStatusCode.ShouldBeTrue($"{method} {path}: {await response.Content.ReadAsStringAsync()}");
    }

    public async Task<string[]> AppIdsAsync() =>
        [.. (await GetAsync("/v2/apps")).GetProperty("apps").EnumerateArray().Select(app => app.GetProperty("id").GetString()!)];

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
        await _store.DisposeAsync();
    }

    private sealed class SilentMaster : ISchedulerTransport
    {
        public Task<ISchedulerConnection> SubscribeAsync(Call subscribe, CancellationToken cancellationToken) =>
            Task.FromResult<ISchedulerConnection>(new SilentConnection());
    }

    private sealed class SilentConnection : ISchedulerConnection
    {
        private readonly Channel<Event> _events = Channel.CreateUnbounded<Event>();

        public SilentConnection() => _events.Writer.TryWrite(new Event
        {
            Type = Event.Types.Type.Subscribed,
            Subscribed = new Event.Types.Subscribed { FrameworkId = new Plenum.Protocol.V1.FrameworkID { Value = "fw-0001" } },
        });

        public ChannelReader<Event> Events => _events.Reader;

        public ValueTask SendAsync(Call call, CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask DisposeAsync()
        {
            _events.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }
    }
}
