using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Plenum.Http.Diagnostics;
using Plenum.Http.Files;
using Plenum.Http.Libprocess;
using Plenum.Http.Time;
using Plenum.Kernel;
using Plenum.Kernel.Registry;
using Plenum.Kernel.Snapshots;
using Plenum.Master.AgentLink;
using Plenum.Master.Drivers;
using Plenum.Master.Loop;
using Plenum.Master.Metrics;
using Plenum.Master.Operator;
using Plenum.Master.Reads;
using Plenum.Master.Routing;
using Plenum.Master.Scheduler;
using Plenum.Master.State;
using Plenum.Master.Whitelist;
using Plenum.Scheduling;
using Plenum.Storage;

namespace Plenum.Master;

/// <summary>
/// One master: the kernel and everything that talks to it. It listens at once, answers 503 until it
/// leads and has read its registry, and serves from then on.
/// </summary>
public sealed partial class MasterServer : IAsyncDisposable
{
    private const string LeaseName = "plenum/master";

    /// <summary>Short requests (agents' messages, calls, reads) beside the streams.</summary>
    private const int ConnectionsBesideStreams = 4_096;

    /// <summary>How long a stop waits for answers under way, after all streams were ended.</summary>
    private static readonly TimeSpan ShutdownPatience = TimeSpan.FromSeconds(3);

    private readonly MasterOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Dispatcher _dispatcher;
    private readonly SchedulerStreams _schedulers;
    private readonly AgentLinks _agents;
    private readonly OperatorStreams _operators;
    private readonly OperatorRequests _requests = new();
    private readonly WebApplication _web;
    private KernelLoop? _loop;
    private DriverSessions? _drivers;
    private WhitelistFile? _whitelist;
    private MasterMetrics? _metrics;
    private IStoreLease? _lease;
    private CancellationTokenRegistration _leaseLost;
    private Task _completion = Task.CompletedTask;
    private InProcessTransport? _inProcess;
    private LogVerbosity? _ownVerbosity;
    private RequestPace? _metricsPace;

    private MasterServer(MasterOptions options, TimeProvider clock, ILoggerFactory loggers)
    {
        _options = options;
        _clock = clock;
        _logger = loggers.CreateLogger("Plenum.Master");
        _dispatcher = new Dispatcher(options.Access, _logger);
        _dispatcher.Use(MasterRoutes.Always());
        _schedulers = new SchedulerStreams(options.MaxSchedulerStreams, options.MaxQueuedEvents);
        _agents = new AgentLinks(options.MaxAgentLinks, options.MaxQueuedAgentMessages);
        _operators = new OperatorStreams(options.MaxOperatorStreams, options.MaxQueuedOperatorEvents);
        _web = EmbeddedWeb.Build(
        loggers,
        options.Address,
        options.Port,
        options.MaxRequestBodyBytes,
        ConnectionsBesideStreams + options.MaxSchedulerStreams + options.MaxAgentLinks + options.MaxOperatorStreams);
    }

    /// <summary>Base address of the API, with the port that was taken.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Every path that answers now.</summary>
    internal IReadOnlyDictionary<string, MasterRoute[]> Routes => _dispatcher.Routes;

    /// <summary>The state as readers see it; for tests that look at what holds on to it.</summary>
    internal Task<ClusterSnapshot> SnapshotAsync(CancellationToken cancellationToken) => _loop!.SnapshotAsync(cancellationToken);

    /// <summary>For frameworks inside this process.</summary>
    public ISchedulerTransport InProcessTransport =>
        _inProcess ?? throw new InvalidOperationException("The master does not lead yet.");

    /// <summary>
    /// Fails when the master can go on no more: its store failed, another master leads, or its state
    /// contradicts itself. The process should end and be started again. Completes when disposed.
    /// </summary>
    public Task Completion => _completion;

    /// <summary>Starts listening, then waits for the lead and the registry.</summary>
    /// <exception cref="ArgumentException">An option makes no sense; the text says which.</exception>
    /// <exception cref="IOException">The port is taken.</exception>
    /// <exception cref="StoreUnavailableException">The registry cannot be read.</exception>
    public static async Task<MasterServer> StartAsync(
        MasterOptions options,
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

        var server = new MasterServer(options, new SteadyTime(clock, loggers.CreateLogger<SteadyTime>()), loggers);
        try
        {
            var endpoint = await server.ListenAsync(cancellationToken);
            await server.LeadAsync(store, endpoint, cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // The loop ends first: the ends of streams that follow are this master's doing, and the kernel must
        // not take them for frameworks that left.
        _dispatcher.Phase = MasterPhase.Stopped;
        await _leaseLost.DisposeAsync();
        if (_whitelist is not null)
        {
            await _whitelist.DisposeAsync();
        }

        if (_loop is not null)
        {
            await _loop.DisposeAsync();
        }

        EndStreams("the master stops");
        if (_drivers is not null)
        {
            await _drivers.DisposeAsync();
        }

        using (var patience = new CancellationTokenSource(ShutdownPatience))
        {
            await _web.StopAsync(patience.Token);
        }

        await _web.DisposeAsync();
        if (_lease is not null)
        {
            await _lease.DisposeAsync();
        }

        _metrics?.Dispose();
        _ownVerbosity?.Dispose();
        _metricsPace?.Dispose();
    }

    private async Task<IPEndPoint> ListenAsync(CancellationToken cancellationToken)
    {
        _web.Run(_dispatcher.HandleAsync);
        await _web.StartAsync(cancellationToken);
        var address = _web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        Address = new Uri(address);
        return new IPEndPoint(_options.Address, Address.Port);
    }

    private async Task LeadAsync(IStateStore store, IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        // 1. The lead.
        var identity = new MasterIdentity(_options, endpoint, _clock.GetUtcNow());
        _lease = await store.AcquireLeaseAsync(LeaseName, identity.Info.Id, cancellationToken);

        // 2. What earlier masters wrote.
        var started = _clock.GetTimestamp();
        var registry = new List<KeyValuePair<string, byte[]>>();
        await foreach (var entry in store.ListAsync(RegistryKeys.Prefix, cancellationToken))
        {
            registry.Add(new(entry.Key, entry.Value.ToArray()));
        }

        var fetchTime = _clock.GetElapsedTime(started);

        var kernelOptions = new KernelOptions
        {
            MasterInfo = identity.Info,
            Seed = BitConverter.ToUInt64(Guid.NewGuid().ToByteArray()),
            SchedulerHeartbeatInterval = _options.HeartbeatInterval,
            RoleSorter = _options.RoleSorter,
            FrameworkSorter = _options.FrameworkSorter,
            OfferTimeout = _options.OfferTimeout,
            AgentRemovalInterval = _options.AgentRemovalInterval,
        };
        var kernel = new ClusterKernel(kernelOptions);
        kernel.Restore(registry, _clock.GetUtcNow());
        var restored = kernel.Snapshot();
        foreach (var framework in restored.Frameworks)
        {
            _schedulers.FrameworkAdded(framework.Id.Value);
        }

        // 3. The loop.
        identity.ElectedTime = _clock.GetUtcNow();
        SharedReads? reads = null;
        KernelLoop? loop = null;
        _metrics = new MasterMetrics(() => new MasterGauges(
            (_clock.GetUtcNow() - identity.StartTime).TotalSeconds,
            _dispatcher.Phase == MasterPhase.Leading,
            loop!.QueuedCommands,
            loop.RoundsInFlight,
            _operators.Count,
            reads!.Shared), _clock);
        _metrics.StateFetch.Record(fetchTime);
        foreach (var (key, value) in registry)
        {
            _metrics.Registry.Wrote(key, value.Length);
        }

        var router = new EffectRouter(_schedulers, _agents, _operators, _requests, _metrics, _logger);
        _loop = loop = new KernelLoop(kernel, store, _lease, router.Deliver, _metrics, _clock, _logger);
        reads = new SharedReads(loop);
        _completion = WatchAsync(loop);
        _leaseLost = _lease.Lost.Register(
            () => loop.Fail(new LeadershipLostException(_lease.Name, _lease.Term)));
        loop.Start();
        if (_options.WhitelistFile is { } whitelist)
        {
            _whitelist = await WhitelistFile.WatchAsync(whitelist, loop, _clock, _logger, cancellationToken);
        }

        // 4. The doors.
        OpenDoors(loop, reads, identity, new MasterFlags(_options, kernelOptions, endpoint));

        // Before the first message of a driver: it must not be told that it is disconnected.
        _drivers?.Resume(restored.Frameworks);
        _dispatcher.Phase = MasterPhase.Leading;
        Log.Leading(_logger, Address, identity.Info.Id, _lease.Term, registry.Count);
    }

    private void OpenDoors(
        KernelLoop loop, SharedReads reads, MasterIdentity identity, MasterFlags flags)
    {
        var changes = new OperatorChanges(loop, _requests);
        var admission = new SchedulerAdmission(_schedulers);
        var teardown = new Teardown(loop, _schedulers);
        if (_options.Libprocess)
        {
            _drivers = new DriverSessions(loop, _schedulers, _metrics!, new Upid("master", identity.Endpoint), _clock, _logger);
        }

        _inProcess = new InProcessTransport(loop, _schedulers, admission, _metrics!);
        _metricsPace = new RequestPace(_options.MetricsInterval, _clock);
        var verbosity = _options.Verbosity ?? (_ownVerbosity = new LogVerbosity(_clock));
        var files = AttachedFiles.ForLog(_options.LogFile, "/master/log");
        _dispatcher.Use(MasterRoutes.WithHelp(MasterRoutes.Leading(
            new SchedulerEndpoint(loop, _schedulers, admission, _metrics!, _logger),
            new OperatorEndpoint(
                loop,
                reads,
                _operators,
                teardown,
                new AgentRemoval(loop),
                changes,
                new OperatorAnswers(identity, flags, _metrics!),
                new LocalCalls(verbosity, files),
                _metrics!,
                _options,
                _clock,
                _logger),
            new AgentLinkEndpoint(loop, _agents, _metrics!, _logger),
            new StateEndpoints(reads, new V0State(identity, flags), _metrics!, identity, teardown, _metricsPace),
            new V0Changes(changes),
            new ExplanationEndpoint(loop, _requests),
            new PriorityEndpoint(loop, _requests),
            new V0Operations(changes),
            new FilesEndpoint(_ => ValueTask.FromResult<IFileTree>(files), _options.Access),
            new DiagnosticEndpoints(verbosity),
            _drivers is null ? [] : new DriverEndpoint(_drivers, _logger).Routes())));
    }

    private async Task WatchAsync(KernelLoop loop)
    {
        try
        {
            await loop.Completion;
        }
        finally
        {
            _dispatcher.Phase = MasterPhase.Stopped;
            EndStreams("the master stopped");
        }
    }

    private void EndStreams(string reason)
    {
        _metricsPace?.Close();
        _schedulers.BreakAll(reason);
        _agents.BreakAll(reason);
        _operators.BreakAll(reason);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information,
            "Master {Id} leads at {Address}, term {Term}, with {Entries} registry entries")]
        public static partial void Leading(ILogger logger, Uri address, string id, long term, int entries);
    }
}
