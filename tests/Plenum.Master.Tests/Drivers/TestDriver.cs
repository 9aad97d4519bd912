using System.Net;
using Google.Protobuf;
using Plenum.Protocol.Driver;
using Plenum.Protocol.V1;
using Plenum.Tests.Shared;
using Task = System.Threading.Tasks.Task;
using V1 = Plenum.Protocol.V1.Scheduler;

namespace Plenum.Master.Tests.Drivers;

/// <summary>A scheduler on the old driver, as the master sees it.</summary>
internal sealed class TestDriver : IAsyncDisposable
{
    private readonly LibprocessPeer _peer = new("master", $"scheduler-{Guid.NewGuid()}");

    private TestDriver(Uri master) => Master = master;

    public Uri Master { get; }

    public string Pid => _peer.Pid;

    public IPEndPoint Address => _peer.Address;

    public FrameworkID Id { get; set; } = null!;

    public int Links => _peer.Links;

    public static async Task<TestDriver> StartAsync(Uri master)
    {
        var driver = new TestDriver(master);
        await driver.ConnectAsync();
        return driver;
    }

    public static async Task<TestDriver> RegisteredAsync(Uri master, Func<FrameworkInfo, FrameworkInfo>? with = null)
    {
        var driver = await StartAsync(master);
        await driver.SubscribeAsync(with is null ? Info() : with(Info()));
        var registered = await driver.NextAsync(FrameworkRegisteredMessage.Parser);
        driver.Id = registered.FrameworkId;
        return driver;
    }

    /// <summary>As an old framework describes itself: one role, no capabilities.</summary>
    public static FrameworkInfo Info() => new() { User = "nobody", Name = "old", FailoverTimeout = 3600, Checkpoint = true, Role = "*" };

    public Task SubscribeAsync(FrameworkInfo info, bool force = false)
    {
        var call = new Call
        {
            Type = V1.Call.Types.Type.Subscribe,
            Subscribe = new Call.Types.Subscribe { FrameworkInfo = info, OfferConstraints = new V1.OfferConstraints() },
        };
        if (info.Id is { Value.Length: > 0 })
        {
            call.FrameworkId = info.Id;
            call.Subscribe.Force = force;
        }

        return SendAsync(call);
    }

    public Task CallAsync(Call call)
    {
        call.FrameworkId = Id;
        return SendAsync(call);
    }

    public Task ConnectAsync() => _peer.ConnectAsync(Master);

    public Task SendAsync(IMessage message) => _peer.SendAsync(message);

    public Task SendAsync(string name, byte[] body) => _peer.SendAsync(name, body);

    /// <summary>The next message, which must be of this kind; offers on the way to another kind are passed over.</summary>
    public Task<T> NextAsync<T>(MessageParser<T> parser)
        where T : class, IMessage<T>, new() =>
        _peer.NextAsync(parser, ResourceOffersMessage.Descriptor.FullName, RescindResourceOfferMessage.Descriptor.FullName);

    public Task<LibprocessMail> NextAsync() => _peer.NextAsync();

    public IDisposable StopReading() => _peer.StopReading();

    public void BreakLinks() => _peer.BreakLinks();

    public ValueTask DisposeAsync() => _peer.DisposeAsync();
}
