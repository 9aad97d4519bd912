using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Containers.Cgroups;
using Plenum.Agent.Containers.Logs;
using Plenum.Agent.Containers.Oci;
using Plenum.Agent.Containers.Terminals;
using Plenum.Agent.Containers.Users;
using Plenum.Agent.Images;
using Plenum.Agent.Native;
using Plenum.Agent.Networking;
using Plenum.Agent.Secrets;
using Plenum.Agent.Volumes;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Containers;

/// <summary>
/// Containers with namespaces and cgroups: an OCI bundle that crun (or runc) starts and conmon watches. conmon
/// keeps the exit status while no agent runs; everything mounted for a container lives in conmon's own mount
/// namespace and ends with it.
/// </summary>
internal sealed partial class ConmonRuntime : IContainerRuntime
{
    /// <summary>A process that survives SIGKILL this long hangs in the kernel; the caller hears about it.</summary>
    private static readonly TimeSpan KillTimeout = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<ContainerKey, RunningContainer> _containers = new();
    private readonly ContainerRuntimeOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LaunchPlaces _launches;
    private readonly CgroupHost _cgroups;
    private readonly BundleBuilder _bundles;
    private readonly OciRunner _runner;
    private readonly ProcessWatcher _watcher = new();
    private readonly MemoryWatch _memory;
    private int _disposed;
    private readonly LogKeeper _logs;
    private readonly ImageStore _images;
    private readonly ContainerNetworks _networks;
    private readonly VolumePreparation _volumes;
    private readonly ProcessorAssignment _processors;
    private readonly UserNamespaces _users;
    private readonly HostPrograms _programs;
    private readonly string _containersDirectory;

    public ConmonRuntime(ContainerRuntimeOptions options, HostPrograms programs, TimeProvider time, ILoggerFactory loggers)
    {
        _options = options;
        _time = time;
        _logger = loggers.CreateLogger<ConmonRuntime>();
        _launches = new LaunchPlaces(options.LaunchConcurrency, time);
        _cgroups = CgroupHost.Detect();
        _memory = new MemoryWatch(_cgroups, _watcher);
        _processors = new ProcessorAssignment(options.ExclusiveProcessors, options.ProcessorClaim, _cgroups, _logger);
        _programs = programs;
        _users = new UserNamespaces(options.Users, _logger);
        _bundles = new BundleBuilder(options, _cgroups);
        _logs = new LogKeeper(options.Logs, time, loggers.CreateLogger<LogKeeper>());
        var runtimeDirectory = Path.Join(options.WorkDirectory, "runtime");
        _containersDirectory = Path.Join(runtimeDirectory, "containers");
        Directory.CreateDirectory(_containersDirectory);
        _runner = new OciRunner(programs, Path.Join(runtimeDirectory, "oci"), _cgroups, _watcher, options.RuntimeTimeout, time);
        _images = new ImageStore(options, time, loggers.CreateLogger<ImageStore>());
        _networks = new ContainerNetworks(options.Networks, options.WorkDirectory, time, loggers.CreateLogger<ContainerNetworks>());
        _volumes = new VolumePreparation(
            options,
            _images,
            new DriverVolumes(
                options.DockerVolumeDriverCli, Path.Join(runtimeDirectory, "driver-volumes"), loggers.CreateLogger<DriverVolumes>()));
    }

    public ContainerIsolation Isolation => ContainerIsolation.Linux;

    public async Task<ContainerStart> LaunchAsync(ContainerSpec spec, CancellationToken cancellationToken)
    {
        if (spec is { Key.Parent: null, Linux.SharesPidNamespace: true } && !_options.SharesProcesses)
        {
            throw new ContainerLaunchException(
                "it asks to be among the machine's processes (share_pid_namespace), which this agent does not allow: start it with --share-agent-pid-namespace",
                ContainerLaunchFailure.InvalidSpec);
        }
        spec = spec with { Limits = Bound(spec.Limits) };
        var container = new RunningContainer(spec.Key, new BundleLayout(Path.Join(_containersDirectory, spec.Key.Name)));
        if (!_containers.TryAdd(spec.Key, container))
        {
            container.Dispose();
            throw new ContainerLaunchException($"the container {spec.Key} exists already", ContainerLaunchFailure.InvalidSpec);
        }
        try
        {
            using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(
                cancellationToken, container.LaunchCancellation.Token);
            await StartAsync(spec, container, cancellation.Token);
            return container.Start();
        }
        catch (Exception failure)
        {
            var isLeft = !await TryRemoveAsync(container);
            if (!isLeft && failure is (ContainerLaunchException or OperationCanceledException))
            {
                throw;
            }
            throw new ContainerLaunchException(
                failure is ContainerLaunchException ? failure.Message : $"the container did not start: {failure.Message}",
                ContainerLaunchFailure.Launch,
                failure) { IsLeft = isLeft };
        }
        finally
        {
            container.Launched.SetResult();
        }
    }

    public async Task<ContainerExit?> WaitAsync(ContainerKey key, CancellationToken cancellationToken = default) =>
        _containers.TryGetValue(key, out var container) ? await container.Exit.WaitAsync(cancellationToken) : null;

    public bool Signal(ContainerKey key, int signal)
    {
        if (!_containers.TryGetValue(key, out var container) || !container.IsRunning)
        {
            return false;
        }
        var delivery = SignalDelivery.DeliverAsync(
            signal, container.Process!, CgroupOf(container).OwnProcesses(), _watcher, sent => RememberSignal(container, sent));
        container.PendingSignal = Task.WhenAll(container.PendingSignal, delivery);
        return true;
    }

    public async Task DestroyAsync(ContainerKey key)
    {
        var doomed = _containers.Values.Where(container => container.Key.IsWithin(key)).OrderByDescending(static c => c.Key.Depth);
        foreach (var container in doomed)
        {
            await container.DestroyOnceAsync(() => DestroyContainerAsync(container));
        }
    }

    public Task UpdateLimitsAsync(ContainerKey key, ContainerLimits limits, CancellationToken cancellationToken)
    {
        if (_containers.TryGetValue(key, out var container) && container.IsRunning)
        {
            new Cgroup(_cgroups, container.Record!.Cgroup!).Apply(Bound(limits), _options.DefaultProcesses, isNew: false);
            _processors.Rebind(container, limits);
        }
        return Task.CompletedTask;
    }

    public async Task<ExecSession> ExecAsync(ContainerKey key, ExecSpec spec, CancellationToken cancellationToken)
    {
        if (_containers.TryGetValue(key, out var container))
        {
            // Nothing runs in it before its own command.
            await container.Launched.Task.WaitAsync(cancellationToken);
        }
        if (container is not { IsRunning: true })
        {
            throw new ContainerLaunchException($"the container {key} does not run");
        }
        var account = spec.Command.User is { } user ? UserAccount.Resolve(user, AccountsOf(container.Record!)) : null;
        return await OciExecSession.StartAsync(_runner, container, CgroupOf(container), spec, account, _watcher, _time, cancellationToken);
    }

    public ResourceStatistics? Statistics(ContainerKey key) =>
        _containers.TryGetValue(key, out var container) && container.IsRunning
            ? CgroupStatistics.Read(new Cgroup(_cgroups, container.Record!.Cgroup!), _time.GetUtcNow())
            : null;

    public IReadOnlyList<int> ProcessesOf(ContainerKey key) =>
    [
        .. _containers.Values
            .Where(container => container.IsRunning && container.Key.IsWithin(key))
            .SelectMany(container => new Cgroup(_cgroups, container.Record!.Cgroup!).Processes())
            .Distinct(),
    ];

    public IAttachTarget? TerminalOf(ContainerKey key) =>
        _containers.TryGetValue(key, out var container) && container.IsRunning ? container.Terminal : null;

    public void AddMetrics(IDictionary<string, double> all)
    {
        _images.PullTimes.Add(all);
        all["plenum/networks_not_taken_back"] = _networks.NotTakenBack;
    }

    public bool PruneImages(IReadOnlyCollection<Image> excluded)
    {
        _images.Prune(excluded);
        return true;
    }

    public ContainerNetwork? NetworkOf(ContainerKey key) =>
        _containers.TryGetValue(key, out var container) && container.IsRunning ? container.Network : null;

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }
        // The containers go on; only this agent's hold on them ends.
        foreach (var container in _containers.Values)
        {
            await container.LaunchCancellation.CancelAsync();
            await container.Launched.Task;
        }
        _memory.Dispose();
        _watcher.Dispose();
        _runner.Dispose();
        _logs.Dispose();
        _images.Dispose();
        await _networks.DisposeAsync();
        foreach (var container in _containers.Values)
        {
            container.Dispose();
        }
        _launches.Dispose();
        _processors.Dispose();
    }

    // Lent cpus are what is left over: nothing to be bound to.
    private ContainerLimits Bound(ContainerLimits limits) =>
        _options.BindsProcessors && limits is { CpuLimit: null, IsRevocable: false } ? limits with { CpuLimit = limits.Cpus } : limits;

    private async Task StartAsync(ContainerSpec spec, RunningContainer container, CancellationToken cancellationToken)
    {
        var parent = spec.Key.Parent is null ? null : RunningParent(spec.Key.Parent);
        // An image may take minutes to come: nobody else waits for it.
        var lease = spec.Image is null || spec.HoldsPod ? null : await _images.ProvisionAsync(spec.Image, cancellationToken);
        if (lease is not null)
        {
            container.Own(lease);
        }
        var image = lease?.Image;
        using var users = await _users.EnterAsync(spec, parent?.Record, cancellationToken);
        container.OwnNetwork = await NetworkAsync(spec, parent, users, cancellationToken);
        var volumes = await _volumes.PrepareAsync(container, spec, cancellationToken);
        using (await _launches.TakeAsync(cancellationToken))
        {
            var cgroup = _bundles.CgroupOf(spec.Key, RootHasLeaf(spec.Key));
            var pod = parent?.Record is { HoldsPod: true } record ? (parent.Key, record.Process.Pid) : ((ContainerKey, int)?)null;
            using var mounts = _users.MountsFor(users, container.Bundle);
            _bundles.Build(
                container.Bundle,
                spec,
                new BundleSurroundings(cgroup, image, pod, parent?.Record?.Process.Pid, container.OwnNetwork, volumes) { Users = mounts });
            var (pid, monitor) = await CreateAsync(spec, container, RootsOf(container, image, volumes), mounts, cancellationToken);
            _volumes.Mounted(spec.Key);
            BundleSecrets.Remove(spec.Command.SecretVariables, container.Bundle.Config, _runner.ConfigOf(spec.Key));
            container.Process = ProcessHandle.TryOpen(pid) ?? throw new ContainerLaunchException("the container ended before it was started");
            container.Record = new ContainerRecord
            {
                Name = spec.Key.Name,
                SandboxDirectory = spec.SandboxDirectory,
                Isolation = Isolation,
                BootId = Boot.Id,
                Process = ProcessIdentity.TryRead(pid) ?? throw new ContainerLaunchException("the container ended before it was started"),
                Monitor = monitor,
                Cgroup = cgroup,
                HoldsPod = spec.HoldsPod,
                InLeaf = _bundles.HasLeaf(spec),
                IsCalled = spec.IsCalled,
                User = spec.Command.User,
                HasTerminal = spec.Terminal is not null,
                FirstId = users?.Range.First,
                NetworkHolder = container.OwnNetwork?.Holder,
                Layers = [.. image?.Layers ?? [], .. volumes.Images.SelectMany(static volume => volume.Image.Layers)],
                GraphicsDevices = spec.GraphicsDevices,
                Processors = _processors.Bind(spec.Key, cgroup, spec.Limits),
                RootLayers = image?.Layers.Count ?? 0,
                SecretVariables = [.. spec.Command.SecretVariables],
            };
            // On disk before the command runs: after a crash here the container is found and its exit is known.
            container.Record.Write(container.Bundle.Record);
            if (container.Record.HasLeaf)
            {
                new Cgroup(_cgroups, cgroup).Apply(spec.Limits, _options.DefaultProcesses, isNew: true);
            }
            WatchMemory(container, cgroup);
            await _runner.StartAsync(container, cancellationToken);
        }
    }

    private async Task<ContainerNetwork?> NetworkAsync(
        ContainerSpec spec, RunningContainer? parent, UserNamespace? users, CancellationToken cancellationToken)
    {
        if (spec.Network is null)
        {
            return parent?.OwnNetwork;
        }
        try
        {
            return await _networks.AttachAsync(spec.Key, spec.Network, spec.HostName, spec.Names, cancellationToken, users?.NetworkPath);
        }
        catch (NetworkException failure)
        {
            throw new ContainerLaunchException(failure.Message, ContainerLaunchFailure.Launch, failure);
        }
    }

    private async Task<(int Pid, ProcessIdentity Monitor)> CreateAsync(
        ContainerSpec spec,
        RunningContainer container,
        IReadOnlyList<(ProvisionedImage, ImageRoom)> roots,
        UserMounts? users,
        CancellationToken cancellationToken)
    {
        var output = OpenLog(spec, container, "stdout");
        var error = OpenLog(spec, container, "stderr");
        using var shownOutput = users?.OpenInSandbox("stdout");
        using var shownError = users?.OpenInSandbox("stderr");
        var created = await _runner.CreateAsync(
            container,
            roots,
            SharedMounts.Of(spec, container.Bundle),
            users,
            spec.Terminal is null ? (shownOutput?.Number ?? output.Descriptor, shownError?.Number ?? error.Descriptor) : null,
            cancellationToken);
        if (spec.Terminal is not null)
        {
            container.Terminal = new TaskTerminal(container.Bundle, output, _logger);
        }
        Watch(container, created.Monitor, created.MonitorEnd);
        if (container.Terminal is { } terminal)
        {
            await terminal.ConnectAsync(cancellationToken);
            terminal.Resize(spec.Terminal!.Value);
        }
        return (created.Pid, created.MonitorIdentity);
    }

    private static IReadOnlyList<(ProvisionedImage, ImageRoom)> RootsOf(
        RunningContainer container, ProvisionedImage? image, PreparedVolumes volumes) => image is null
        ? volumes.Images
        : [(image, new ImageRoom(container.Bundle.Root, container.Bundle.Upper, container.Bundle.Work)), .. volumes.Images];

    private LogFile OpenLog(ContainerSpec spec, RunningContainer container, string name)
    {
        var path = Path.Join(spec.SandboxDirectory, name);
        var file = LogFile.Open(path) ?? throw new ContainerLaunchException($"{path} is not a plain file");
        container.Own(_logs.Track(file));
        return file;
    }

    /// <summary>Names of users are the image's own, or the machine's.</summary>
    private Func<string, string?> AccountsOf(ContainerRecord record) => record switch
    {
        { Layers.Count: 0 } or { RootLayers: 0 } => static path => File.Exists(path) ? File.ReadAllText(path) : null,
        { RootLayers: { } layers } => path => _images.ReadText([.. record.Layers.Take(layers)], path),
        // An earlier agent's record: only numbers are sure.
        _ => static _ => null,
    };

    private RunningContainer RunningParent(ContainerKey parent) =>
        _containers.TryGetValue(parent, out var container) && container.IsRunning
            ? container
            : throw new ContainerLaunchException($"the parent container {parent} does not run", ContainerLaunchFailure.InvalidSpec);

    private static partial class Log
    {
        [LoggerMessage(4, LogLevel.Warning, "The terminal of container {Container} cannot be reached")]
        public static partial void TerminalLost(ILogger logger, ContainerKey container, Exception failure);
    }
}
