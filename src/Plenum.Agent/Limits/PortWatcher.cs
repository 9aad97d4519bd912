using System.Globalization;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Book;
using Plenum.Agent.Containers;
using Plenum.Agent.Host;
using Plenum.Agent.Launching;
using Plenum.Agent.Loop;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Limits;

/// <summary>
/// Ends containers on the machine's network that listen on a TCP port which is not theirs, as Mesos' network/ports does: of a pod
/// the whole, since its tasks share a network. Runs only where the operator wants it.
/// </summary>
internal sealed partial class PortWatcher : IAsyncDisposable
{
    private const string Ports = "ports";

    private readonly AgentLoop _loop;
    private readonly IContainerRuntime _runtime;
    private readonly ContainerDirector _containers;
    private readonly LimitOptions _options;
    private readonly ILogger _logger;
    private readonly PeriodicLook _looks;

    public PortWatcher(
        AgentLoop loop, IContainerRuntime runtime, ContainerDirector containers, LimitOptions options, TimeProvider clock, ILogger logger)
    {
        _loop = loop;
        _runtime = runtime;
        _containers = containers;
        _options = options;
        _logger = logger;
        _looks = new PeriodicLook("the listening sockets of containers", options.PortsWatchInterval, LookAsync, clock, logger);
    }

    public void Start()
    {
        if (_options.EnforcePorts)
        {
            _looks.Start();
        }
    }

    public ValueTask DisposeAsync() => _looks.DisposeAsync();

    private async Task LookAsync(CancellationToken stopping)
    {
        // Twice, with what the book says each time: between book and sockets a pod may have got a task with its port, or
        // lost one.
        var suspects = Strangers(await _loop.SnapshotAsync(stopping));
        if (suspects.Count == 0)
        {
            return;
        }

        foreach (var (container, ports) in Strangers(await _loop.SnapshotAsync(stopping)))
        {
            if (suspects.TryGetValue(container, out var before) && ports.Intersect(before).Order().ToArray() is { Length: > 0 } sure)
            {
                await EndAsync(container, sure);
            }
        }
    }

    /// <summary>Ports that containers listen on without having them. The tables of sockets are read once for all.</summary>
    private Dictionary<ContainerId, IReadOnlyList<ulong>> Strangers(AgentSnapshot snapshot)
    {
        var sockets = new Dictionary<string, ulong>(StringComparer.Ordinal);
        foreach (var (port, inode) in ListeningSockets.All())
        {
            sockets[inode] = (ulong)port;
        }

        var found = new Dictionary<ContainerId, IReadOnlyList<ulong>>();
        var offered = snapshot.Total.Ports;
        foreach (var (_, executor) in snapshot.Executors)
        {
            if (executor.State == ExecutorState.Terminated
                || _containers.KeyOf(executor.Container) is not { } key
                || _runtime.NetworkOf(key) is not { IsHost: true })
            {
                continue;
            }

            var own = ResourceSet.FromWire(
            [
                .. executor.Info.Resources,
                .. executor.Tasks.Where(static task => !task.Terminated).SelectMany(static task => task.Info.Resources),
            ]).Ports;
            ulong[] strange =
            [
                .. _runtime.ProcessesOf(key)
                    .SelectMany(static pid => ListeningSockets.OfProcess(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}")))
                    .Select(inode => sockets.GetValueOrDefault(inode))
                    .Where(port => port != 0 && !own.Contains(port) && (!_options.CheckOfferedPortsOnly || offered.Contains(port)))
                    .Distinct(),
            ];
            if (strange.Length > 0)
            {
                found.Add(executor.Container, strange);
            }
        }

        return found;
    }

    private async Task EndAsync(ContainerId container, IReadOnlyList<ulong> ports)
    {
        var message = $"Port limit exceeded: a process of the task listens on {string.Join(", ", ports)}, which is not among its ports";
        Log.Exceeded(_logger, container.Value, message);
        var resource = new Resource
        {
            Name = Ports,
            Type = Value.Types.Type.Ranges,
            Ranges = PortRanges.From(ports.Select(static port => (port, port))).ToWire(),
        };
        await _loop.PostAsync(new AgentCommand.ContainerLimited(
            container, new ContainerLimitation(Reason.ContainerLimitation, message, [resource])));
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Container {Container} is ended: {Message}")]
        public static partial void Exceeded(ILogger logger, string container, string message);
    }
}
