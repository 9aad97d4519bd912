using Microsoft.Extensions.Logging;
using Plenum.Agent.Containers.Cgroups;

namespace Plenum.Agent.Containers;

/// <summary>
/// Binds containers to processors as <see cref="ProcessorPlan"/> says, where the operator wants it. Elsewhere it only lets go
/// those that an earlier agent had bound.
/// </summary>
internal sealed partial class ProcessorAssignment : IDisposable
{
    private readonly CgroupHost _host;
    private readonly ILogger _logger;
    private readonly ProcessorPlan? _plan;
    private readonly FileStream? _claim;

    // Of those whose cgroup lies in no other container's: what lies in one is bound with it.
    private readonly Dictionary<ContainerKey, string> _cgroups = [];
    private readonly Lock _gate = new();

    /// <param name="isWanted">The operator wants it.</param>
    /// <param name="claim">The file that says that an agent of this machine gives its processors away.</param>
    /// <param name="host">Where cgroups are.</param>
    /// <param name="logger">Hears of containers that could not be bound.</param>
    /// <exception cref="ContainerLaunchException">It is wanted, and the machine cannot, or another agent does.</exception>
    public ProcessorAssignment(bool isWanted, string claim, CgroupHost host, ILogger logger)
    {
        _host = host;
        _logger = logger;
        if (isWanted)
        {
            _plan = new ProcessorPlan(CgroupProcessors.OfMachine(host) ?? throw new ContainerLaunchException(
                "Containers cannot have processors for themselves: this machine's kernel has no cpuset controller. Start the agent without --exclusive-cpus",
                ContainerLaunchFailure.InvalidSpec));
            _claim = Claim(claim);
        }
    }

    public void Dispose() => _claim?.Dispose();

    /// <summary>Before a container's command runs: gives it processors of its own, or makes it share. Answers its own.</summary>
    /// <exception cref="IOException">The kernel does not bind it.</exception>
    public IReadOnlyList<int> Bind(ContainerKey container, string cgroup, ContainerLimits limits)
    {
        if (_plan is null)
        {
            return [];
        }

        lock (_gate)
        {
            var renewed = Renew();
            if (IsInside(container, cgroup))
            {
                // The runtime gave it what the outer one had a moment ago, and that may have changed meanwhile.
                CgroupProcessors.Write(_host, cgroup, _plan.Of(container.Root));
                if (renewed)
                {
                    Spread(except: container);
                }

                return [];
            }

            _cgroups[container] = cgroup;
            if ((container.Parent is null && _plan.Assign(container, ProcessorPlan.Wanted(limits))) || renewed)
            {
                Spread(except: container);
            }

            CgroupProcessors.Write(_host, cgroup, _plan.Of(container.Root));
            if (CgroupProcessors.Read(_host, cgroup) is null)
            {
                // On version 2 a controller works only where every cgroup above passes it on.
                throw new IOException($"the cgroup {cgroup} has no cpuset controller: pass it on to it, or start the agent without --exclusive-cpus");
            }

            return _plan.OwnOf(container);
        }
    }

    /// <summary>The same for one that runs and has other limits now; what is its own is on record.</summary>
    public void Rebind(RunningContainer container, ContainerLimits limits)
    {
        var own = Bind(container.Key, container.Record!.Cgroup!, limits);
        if (!own.SequenceEqual(container.Record.Processors))
        {
            container.Record = container.Record with { Processors = own };
            container.Record.Write(container.Bundle.Record);
        }
    }

    /// <summary>A container that an earlier agent started and that runs. <see cref="Settle"/> follows the last one.</summary>
    public void Restore(ContainerKey container, string cgroup, IReadOnlyList<int> own)
    {
        lock (_gate)
        {
            if (!IsInside(container, cgroup))
            {
                _cgroups[container] = cgroup;
                _plan?.Restore(container, own);
            }
        }
    }

    /// <summary>All that was restored gets what it should have, whatever the agent before left half done.</summary>
    public void Settle()
    {
        lock (_gate)
        {
            if (_plan is not null)
            {
                Spread(except: null);
                return;
            }

            var machine = CgroupProcessors.OfMachine(_host);
            foreach (var (container, cgroup) in _cgroups)
            {
                if (machine is not null && CgroupProcessors.Read(_host, cgroup) is { Count: > 0 } bound && !bound.SequenceEqual(machine))
                {
                    TryWrite(container, cgroup, machine);
                }
            }

            _cgroups.Clear();
        }
    }

    /// <summary>The container and its cgroup are gone.</summary>
    public void Return(ContainerKey container)
    {
        lock (_gate)
        {
            if (_cgroups.Remove(container) && _plan is not null && (_plan.Return(container) | Renew()))
            {
                Spread(except: null);
            }
        }
    }

    // Processors come and go with the machine, and with the cpuset of the container that the agent may run in.
    private bool Renew() => CgroupProcessors.OfMachine(_host) is { } machine && _plan!.Renew(machine);

    // It goes with the process, however that ends.
    private static FileStream Claim(string file)
    {
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException failure)
        {
            throw new ContainerLaunchException(
                $"Another agent of this machine gives its processors to containers already, and the two would give away the same ones ({file}). "
                + "Start only one agent of a machine with --exclusive-cpus, or stop the other one",
                ContainerLaunchFailure.InvalidSpec,
                failure);
        }
    }

    private bool IsInside(ContainerKey container, string cgroup) =>
        container.Parent is not null
        && _cgroups.TryGetValue(container.Root, out var outer)
        && cgroup.StartsWith(outer + "/", StringComparison.Ordinal);

    private void Spread(ContainerKey? except)
    {
        foreach (var (container, cgroup) in _cgroups)
        {
            if (container != except)
            {
                TryWrite(container, cgroup, _plan!.Of(container.Root));
            }
        }
    }

    // One that cannot be bound computes on where it did; the next change tries again.
    private void TryWrite(ContainerKey container, string cgroup, IReadOnlyList<int> processors)
    {
        try
        {
            CgroupProcessors.Write(_host, cgroup, processors);
        }
        catch (IOException failure)
        {
            Log.NotBound(_logger, failure, container, ProcessorList.Format(processors));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Container {Container} could not be bound to the processors {Processors}")]
        public static partial void NotBound(ILogger logger, Exception failure, ContainerKey container, string processors);
    }
}
