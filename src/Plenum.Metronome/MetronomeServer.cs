using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Plenum.Http;
using Plenum.Http.Time;
using Plenum.Marathon.Shell;
using Plenum.Metronome.Api;
using Plenum.Metronome.Core;
using Plenum.Metronome.Persistence;
using Plenum.Metronome.Shell;
using Plenum.Scheduling;
using Plenum.Storage;

namespace Plenum.Metronome;

/// <summary>
/// One job scheduler: reads what was stored, decides the ticks that came meanwhile, opens the API, and subscribes at the
/// master. The API answers from the stored state at once, and ticks become runs, whether or not a master is there.
/// </summary>
public sealed partial class MetronomeServer : IAsyncDisposable
{
    /// <summary>How long a stop waits for answers under way, after the event streams were ended.</summary>
    private static readonly TimeSpan ShutdownPatience = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _stop = new();
    private readonly MetronomeLoop _loop;
    private readonly WebApplication _web;
    private Task _link = Task.CompletedTask;

    private MetronomeServer(MetronomeLoop loop, WebApplication web)
    {
        _loop = loop;
        _web = web;
    }

    /// <summary>Base address of the API, with the port that was taken.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Fails when the store does: the process should end and be started again. Completes when disposed.</summary>
    public Task Completion => _loop.Completion;

    /// <param name="clock">The machine's clock. Schedules go by what it shows; deadlines keep their length when it is set.</param>
    /// <exception cref="ArgumentException">An option makes no sense; the text says which.</exception>
    /// <exception cref="IOException">The port is taken.</exception>
    /// <exception cref="StoreUnavailableException">The stored state cannot be read.</exception>
    public static async Task<MetronomeServer> StartAsync(
        MetronomeOptions options,
        ISchedulerTransport transport,
        IStateStore store,
        TimeProvider clock,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(clock);
        if (options.Validate() is { } problem)
        {
            throw new ArgumentException(problem, nameof(options));
        }

        var steady = new SteadyTime(clock, loggers.CreateLogger<SteadyTime>());

        // 1. What was stored.
        var logger = loggers.CreateLogger("Plenum.Metronome");
        var state = new StoredState();
        await foreach (var entry in store.ListAsync(StoreKeys.Prefix, cancellationToken))
        {
            state.Add(entry.Key, entry.Value.Span);
        }

        var seed = options.Seed ?? RandomNumberGenerator.GetInt32(int.MaxValue);
        var core = new MetronomeCore(options, seed);
        var restored = new List<MetronomeEffect>();
        core.Restore(state, new CoreTime(steady.GetUtcNow(), clock.GetUtcNow()), restored);

        // 2. The loop and the API.
        var loop = new MetronomeLoop(core, options, store, steady, clock, logger);
        var web = EmbeddedWeb.Build(loggers, options.Address, options.Port, bodyLimit: null, connectionLimit: null);
        var server = new MetronomeServer(loop, web);
        try
        {
            web.MapMetronomeApi(loop, clock, loggers);
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
        server._link = Task.Run(
            () => new SchedulerLink(transport, loop, seed, steady, logger).RunAsync(server._stop.Token), CancellationToken.None);
        Log.Started(logger, server.Address, state.Jobs.Count);
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
        [LoggerMessage(1, LogLevel.Information, "Metronome listens at {Address} with {Jobs} jobs")]
        public static partial void Started(ILogger logger, Uri address, int jobs);
    }
}
