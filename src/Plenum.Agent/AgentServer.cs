using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Book;
using Plenum.Agent.Book.Recovery;
using Plenum.Agent.Checking;
using Plenum.Agent.Checkpointing;
using Plenum.Agent.Containers;
using Plenum.Agent.Disks;
using Plenum.Agent.Drivers;
using Plenum.Agent.Executors;
using Plenum.Agent.Fetching;
using Plenum.Agent.Files;
using Plenum.Agent.Graphics;
using Plenum.Agent.Host;
using Plenum.Agent.Http;
using Plenum.Agent.Launching;
using Plenum.Agent.Limits;
using Plenum.Agent.Linking;
using Plenum.Agent.Loop;
using Plenum.Agent.Metrics;
using Plenum.Agent.Operator;
using Plenum.Agent.Providers;
using Plenum.Agent.Sandboxes;
using Plenum.Agent.Secrets;
using Plenum.Agent.V0;
using Plenum.Agent.Volumes;
using Plenum.Http.Diagnostics;
using Plenum.Http.Files;
using Plenum.Http.Time;
using Plenum.Protocol.V1;
using ExecutorEvent = Plenum.Protocol.V1.Executor.Event;
using ProviderEvent = Plenum.Protocol.V1.ResourceProvider.Event;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent;

/// <summary>
/// One agent: the book and everything that acts for it on this machine. It listens at once, answers 503
/// until it knows what an earlier agent process left, and serves from then on. Disposing leaves the
/// containers running; the next agent on the same work directory finds them.
/// </summary>
public sealed partial class AgentServer : IAsyncDisposable
{
    /// <summary>Calls, reads and streams at once.</summary>
    private const int MaximumConnections = 8_192;

    /// <summary>How long a stop waits for answers under way, after all streams were ended.</summary>
    private static readonly TimeSpan ShutdownPatience = TimeSpan.FromSeconds(3);

    private readonly AgentOptions _options;
    // What files are dated by.
    private readonly TimeProvider _wall;
    private readonly TimeProvider _clock;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly Router _router;
    private readonly WebApplication _web;
    private readonly LaunchSecrets _secrets;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // In the order in which they were made; undone backwards.
    private readonly Stack<Func<ValueTask>> _undo = new();

    private AgentServer(AgentOptions options, TimeProvider wall, TimeProvider clock, ILoggerFactory loggers)
    {
        _options = options;
        _wall = wall;
        _clock = clock;
        _loggers = loggers;
        _logger = loggers.CreateLogger("Plenum.Agent");
        _router = new Router(options.Access, _logger);
        _web = EmbeddedWeb.Build(loggers, options.Address, options.Port, options.MaxRequestBodyBytes, MaximumConnections, keepIdle: true);
        _secrets = new LaunchSecrets(
            new DirectorySecretResolver(options.SecretsDirectory ?? Path.Combine(options.WorkDirectory, "secrets")));
    }

    /// <summary>Base address of the API, with the port that was taken.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Every path that answers now.</summary>
    internal IReadOnlyDictionary<string, List<AgentRoute>> Routes => _router.Routes;

    /// <summary>
    /// Completes when the master told the agent to leave and everything it ran is ended; fails when the
    /// agent met a bug and must be started again.
    /// </summary>
    public Task Completion => _stopped.Task;

    /// <summary>Starts listening, recovers what runs on this machine, and begins to register.</summary>
    /// <exception cref="AgentStartException">It cannot start as told; the message says why and what to do.</exception>
    public static Task<AgentServer> StartAsync(
        AgentOptions options,
        TimeProvider clock,
        ILoggerFactory loggers,
        CancellationToken cancellationToken) =>
        StartAsync(options, RuntimeChoice.Create, new CheckpointDisk(), clock, loggers, cancellationToken);

    internal static async Task<AgentServer> StartAsync(
        AgentOptions options,
        Func<AgentOptions, TimeProvider, ILoggerFactory, IContainerRuntime> runtimes,
        CheckpointDisk disk,
        TimeProvider clock,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Validate() is { } problem)
        {
            throw new AgentStartException(problem);
        }

        var server = new AgentServer(options, clock, new SteadyTime(clock, loggers.CreateLogger<SteadyTime>()), loggers);
        try
        {
            await server.StartAsync(runtimes, disk, cancellationToken);
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
        _router.Recovered = false;
        while (_undo.TryPop(out var undo))
        {
            await undo();
        }

        await _web.DisposeAsync();
        _stopped.TrySetResult();
    }

    private async Task StartAsync(
        Func<AgentOptions, TimeProvider, ILoggerFactory, IContainerRuntime> runtimes,
        CheckpointDisk disk,
        CancellationToken cancellationToken)
    {
        // 1. The directory is ours alone.
        var started = _clock.GetUtcNow();
        var store = CheckpointStore.Open(_options.WorkDirectory, disk, _logger);
        Undo(store.Dispose);

        // 2. Ears: health answers from now on, the rest says 503.
        var endpoint = await ListenAsync(cancellationToken);
        var runtime = runtimes(_options, _clock, _loggers);
        Undo(runtime.DisposeAsync);
        var graphics = GraphicsOf(runtime);
        var identity = new AgentIdentity(_options, endpoint, InfoOf(endpoint, graphics.Count), IsolationName(runtime), started);

        // 3. What an earlier agent left.
        var found = store.Load();
        RefuseLostResources(identity.Info, found);
        RefuseReconfiguration(_options.ReconfigurationPolicy, identity.Info, found);
        var containers = await RuntimeChoice.RecoverAsync(runtime, cancellationToken);
        var disks = new DiskPools(_options.MinimumFreeBytes, _logger);
        await disks.RestoreAsync(BookRecovery.CheckpointedPools(found.Records));
        var configurations = new ProviderConfigurations(
            _options.ResourceProviderConfigDirectory ?? Path.Combine(_options.WorkDirectory, "resource-providers"),
            DiskProfiles.Read(_options.DiskProfilesFile ?? UsualProfiles()),
            _logger);
        Undo(configurations.Dispose);

        // 4. The book and its hands.
        var book = new AgentBook(new AgentBookOptions
        {
            Info = identity.Info,
            Version = ProgramVersion.Api,
            Address = new Address { Hostname = _options.Hostname, Ip = endpoint.Ip, Port = endpoint.Port },
            BootId = HostFacts.BootId(),
            Incarnation = Guid.NewGuid(),
            RegistrationBackoff = _options.RegistrationBackoff,
            ExecutorRegistrationTimeout = _options.Executors.RegistrationTimeout,
            ExecutorReregistrationTimeout = _options.Executors.ReregistrationTimeout,
            ExecutorShutdownGrace = _options.Executors.ShutdownGrace,
            StorageProviders = configurations.Load(),
            DiskProfiles = configurations.Profiles,
        });
        var loop = new AgentLoop(book, store, _options.MaxQueuedCommands, _clock, _logger);
        var hands = MakeHands(loop, store, runtime, endpoint, disks, new GraphicsDevices(graphics, _clock));
        // What a call of the operator API asked for is no task's, and its name may be that of another parent's child too.
        var booked = containers.Where(static container => !container.IsCalled).DistinctBy(static container => container.Key.Value).ToArray();
        hands.Containers.Adopt(booked);
        var nested = new NestedContainers(
            runtime, hands.Containers, hands.Removals, hands.Calls, _options.WorkDirectory, _options.MaxEndedContainers, _logger);
        Undo(nested.DisposeAsync);
        await nested.AdoptAsync(containers);
        hands.Volumes.CleanDisks(identity.Info.Resources);
        Serve(loop, runtime, identity, hands, nested, configurations, _clock.GetUtcNow() - started);

        // 5. Go.
        var router = new EffectRouter(
            hands.Link,
            hands.Containers,
            hands.Checks,
            hands.Executors,
            hands.Drivers,
            hands.Providers,
            hands.Volumes,
            disks,
            reason => _ = LeaveAsync(reason, hands.Containers, nested),
            _logger);
        loop.Start(found, [.. booked.Select(found => Describe(found, hands.Containers))], router);
        _ = WatchAsync(loop);
        await hands.VolumeWatch.StartAsync(cancellationToken);
        if (_options.HostPrograms == AgentHostPrograms.Shared && runtime.Isolation == ContainerIsolation.Linux)
        {
            Log.HostShared(_logger);
        }

        Log.Started(_logger, Address, IsolationName(runtime), containers.Count);
    }

    private AgentHands MakeHands(
        AgentLoop loop,
        CheckpointStore store,
        IContainerRuntime runtime,
        AgentEndpoint endpoint,
        DiskPools disks,
        GraphicsDevices graphics)
    {
        // Undone backwards: first nobody posts any more, then the loop ends.
        Undo(loop.DisposeAsync);
        var sandboxes = new SandboxLayout(_options.WorkDirectory, _clock);
        var fetcher = new Fetcher(FetcherOptions.For(_options), _clock, _loggers);
        Undo(fetcher.DisposeAsync);
        disks.Use(loop);
        Undo(disks.DisposeAsync);
        var volumes = new VolumeStore(_options.WorkDirectory, loop, disks, _logger);
        Undo(volumes.DisposeAsync);
        var providers = new EventStreams<ProviderEvent>();
        Undo(providers.CloseAll);
        var publisher = new ResourcePublisher(loop, providers, _clock);
        var removals = new ContainerRemovals(runtime, _clock, _logger);
        Undo(removals.DisposeAsync);
        var specs = new ContainerSpecs(_options.WorkDirectory, sandboxes, new TaskEnvironment(endpoint, _options.Executors), disks);
        var guard = new LaunchGuard(store, _options.WorkDirectory, _options.MinimumFreeBytes);
        var containers = new ContainerDirector(
            loop,
            runtime,
            specs,
            _secrets,
            sandboxes,
            guard,
            fetcher,
            volumes,
            graphics,
            publisher,
            removals,
            endpoint,
            _logger);
        Undo(containers.DisposeAsync);
        var checks = new CheckRunner(loop, runtime, containers, _clock, _logger);
        Undo(checks.DisposeAsync);
        var link = new MasterLink(loop, _options.Master, _options.MaxQueuedMessages, _logger);
        Undo(link.DisposeAsync);
        var executors = new EventStreams<ExecutorEvent>();
        Undo(executors.CloseAll);
        ExecutorDrivers? drivers = null;
        if (_options.Libprocess)
        {
            drivers = new ExecutorDrivers(endpoint, loop, executors, _clock, _logger);
            Undo(drivers.DisposeAsync);
        }

        var diskUse = new DiskWatcher(loop, sandboxes, _options.WorkDirectory, _options.Limits, _clock, _logger);
        Undo(diskUse.DisposeAsync);
        diskUse.Start();
        var ports = new PortWatcher(loop, runtime, containers, _options.Limits, _clock, _logger);
        Undo(ports.DisposeAsync);
        ports.Start();
        var load = new LoadWatcher(loop, _options.Limits, _clock, _logger);
        Undo(load.DisposeAsync);
        load.Start();
        var volumeWatch = new VolumeWatcher(loop, _options.WorkDirectory, _options.VolumeWatchInterval, _clock, _logger);
        Undo(volumeWatch.DisposeAsync);
        var collector = new SandboxCollector(loop, _options, _wall, _logger);
        Undo(collector.DisposeAsync);
        collector.Start();
        var meters = new AgentMeters(collector, fetcher, removals, runtime, volumeWatch, store, loop);
        var calls = new CalledLaunches(specs, _secrets, guard, fetcher);
        return new AgentHands(
            containers, removals, calls, checks, link, executors, drivers, volumes, volumeWatch, providers, publisher, diskUse, meters);
    }

    private void Serve(
        AgentLoop loop,
        IContainerRuntime runtime,
        AgentIdentity identity,
        AgentHands hands,
        NestedContainers nested,
        ProviderConfigurations configurations,
        TimeSpan recovery)
    {
        var providers = new ProviderEndpoint(loop, hands.Providers, hands.Publisher);
        var verbosity = Verbosity();
        var sandboxes = new SandboxFiles(_options.WorkDirectory);
        var log = AttachedFiles.ForLog(_options.LogFile, "/slave/log");
        async ValueTask<IFileTree> FilesAsync(CancellationToken cancellationToken) =>
            new AgentFiles(sandboxes, log, await loop.SnapshotAsync(cancellationToken), _options.WorkDirectory);

        var files = new FilesEndpoint(FilesAsync, _options.Access);
        var logWatch = new LogWatch();
        Undo(logWatch.Dispose);
        var metrics = new AgentMetrics(identity, _clock, recovery, hands.Meters);
        var sessions = new SessionRegistry(runtime, _options.MaxSessions);
        Undo(sessions.DisposeAsync);
        var containerCalls = new ContainerCalls(loop, runtime, hands.Containers, sessions, nested);
        var pace = new RequestPace(_options.MetricsInterval, _clock);
        Undo(pace.Close);
        _router.Use(AgentRoutes.All(
            identity,
            new StateEndpoints(loop, identity, runtime, hands.Containers, hands.DiskUse, metrics, pace),
            files,
            new LogsEndpoint(FilesAsync, files, logWatch, _clock),
            new ExecutorEndpoint(loop, hands.Executors),
            providers,
            new OperatorEndpoint(
                new OperatorReads(loop, identity, runtime, hands.Containers, hands.DiskUse, sessions, nested, metrics, verbosity),
                containerCalls,
                new SessionCalls(runtime, hands.Containers, sessions, nested, _secrets, _clock),
                new LocalCalls(verbosity, FilesAsync, runtime, _options.Access),
                new ProviderCalls(loop, configurations, providers),
                _options.Access),
            new DiagnosticEndpoints(verbosity),
            hands.Drivers?.Routes() ?? []));
        _router.Recovered = true;
    }

    private LogVerbosity Verbosity()
    {
        if (_options.Verbosity is { } given)
        {
            return given;
        }

        var own = new LogVerbosity(_clock);
        Undo(own.Dispose);
        return own;
    }

    private async Task<AgentEndpoint> ListenAsync(CancellationToken cancellationToken)
    {
        _web.Run(_router.HandleAsync);
        _router.Use(AgentRoutes.BeforeRecovery());
        try
        {
            await _web.StartAsync(cancellationToken);
        }
        catch (IOException exception)
        {
            throw new AgentStartException($"The agent cannot listen on {_options.Address}:{_options.Port}: {exception.Message}", exception);
        }

        Undo(StopWebAsync);
        var address = _web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        Address = new Uri(address);
        return new AgentEndpoint(_options.Hostname, _options.Address, Address.Port);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Agent at {Address}, isolation {Isolation}, {Count} containers found")]
        public static partial void Started(ILogger logger, Uri address, string isolation, int count);

        [LoggerMessage(3, LogLevel.Warning, "Tasks without an image share all files of this machine (--host-programs shared): "
            + "one that runs as root can change anything on it")]
        public static partial void HostShared(ILogger logger);

        [LoggerMessage(2, LogLevel.Warning, "The agent has left the cluster: {Reason}")]
        public static partial void Left(ILogger logger, string reason);
    }
}
