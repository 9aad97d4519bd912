using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Plenum.Http;
using Plenum.Http.Time;
using Plenum.Marathon.Api;
using Plenum.Marathon.Core;
using Plenum.Marathon.Persistence;
using Plenum.Marathon.Shell;
using Plenum.Scheduling;
using Plenum.Storage;

namespace Plenum.Marathon;

/// <summary>
/// One orchestrator: reads what was stored, opens the API, and subscribes at the master. The API answers from the
/// stored state at once, whether or not a master is there.
/// </summary>
public sealed partial class MarathonServer : IAsyncDisposable
{
    /// <summary>How long a stop waits for answers under way, after the event streams were ended.</summary>
    private static readonly TimeSpan ShutdownPatience = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _stop = new();
    private readonly MarathonLoop _loop;
    private readonly WebApplication _web;
    private Task _link = Task.CompletedTask;

    private MarathonServer(MarathonLoop loop, WebApplication web)
    {
        _loop = loop;
        _web = web;
    }

    /// <summary>Base address of the API, with the port that was taken.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Fails when the store does: the process should end and be started again. Completes when disposed.</summary>
    public Task Completion => _loop.Completion;

    /// <exception cref="ArgumentException">An option makes no sense; the text says which.</exception>
    /// <exception cref="IOException">The port is taken.</exception>
    /// <exception cref="StoreUnavailableException">The stored state cannot be read.</exception>
    public static async Task<MarathonServer> StartAsync(
        MarathonOptions options,
        ISchedulerTransport transport,
        IStateStore store,
        TimeProvider clock,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Validate() is { } problem)
        {
            throw new ArgumentException(problem, nameof(options));
        }

        // Deadlines keep their length when somebody sets the machine's clock.
        clock = new SteadyTime(clock, loggers.CreateLogger<SteadyTime>());

        // 1. What was stored.
        var logger = loggers.CreateLogger("Plenum.Marathon");
        var state = new StoredState();
        await foreach (var entry in store.ListAsync(StoreKeys.Prefix, cancellationToken))
        {
            state.Add(entry.Key, entry.Value.Span);
        }

        var seed = options.Seed ?? RandomNumberGenerator.GetInt32(int.MaxValue);
        var core = new MarathonCore(options, seed);
        var restored = new List<MarathonEffect>();
        core.Restore(state, clock.GetUtcNow(), restored);

        // 2. The loop and the API.
        var loop = new MarathonLoop(core, options, store, clock, logger);
        var web = EmbeddedWeb.Build(
        loggers, options.Address, options.Port, bodyLimit: null, connectionLimit: null);
        var server = new MarathonServer(loop, web);
        try
        {
            web.MapMarathonApi(loop, clock, loggers);
            loop.Start(restored);
            await web.StartAsync(cancellationToken);
            server.Address = new Uri(
                web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        // 3. The master.
        server._link = Task.Run(() => new SchedulerLink(transport, loop, seed, clock, logger).RunAsync(server._stop.Token), CancellationToken.None);
        Log.Started(logger, server.Address, state.Instances.Count, state.Deployments.Count);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _link;
        await _loop.DisposeAsync();
        using (var patience = new CancellationTokenSource(ShutdownPatience))
        {
            await _web.StopAsync(patience.Token);
        }

        await _web.DisposeAsync();
        _stop.Dispose();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information,
            "Marathon listens at {Address} with {Instances} known instances and {Deployments} deployments under way")]
        public static partial void Started(ILogger logger, Uri address, int instances, int deployments);
    }
}
