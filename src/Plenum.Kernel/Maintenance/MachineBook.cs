using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Maintenance;

namespace Plenum.Kernel.Maintenance;

/// <summary>The maintenance schedule and which of its machines are down.</summary>
internal sealed class MachineBook
{
    private readonly Dictionary<MachineKey, MachineEntry> _machines = [];
    private ClusterStatus? _status;

    /// <summary>As the operator wrote it; never changed.</summary>
    public Schedule Schedule { get; private set; } = new();

    public IReadOnlyDictionary<MachineKey, MachineEntry> Machines => _machines;

    /// <summary>The answers of frameworks beside the machines; made when somebody asks and kept until something changes.</summary>
    public ClusterStatus Status(ClusterBook book) => _status ??= Describe(book);

    /// <summary>A machine came, went or changed, or a framework answered.</summary>
    public void Touch() => _status = null;

    /// <summary>
    /// Mesos wants name and address both equal. A machine that the schedule names by one of them only is
    /// meant all the same.
    /// </summary>
    public MachineEntry? Of(AgentInfo info, Address? address)
    {
        if (_machines.Count == 0)
        {
            return null;
        }

        var key = MachineKey.Of(info.Hostname, address is { HasIp: true } ? address.Ip : null);
        return _machines.GetValueOrDefault(key)
            ?? _machines.GetValueOrDefault(key with { Ip = string.Empty })
            ?? (key.Ip.Length == 0 ? null : _machines.GetValueOrDefault(key with { Host = string.Empty }));
    }

    /// <summary>The schedule as a whole; those that were down stay so.</summary>
    public void Replace(Schedule schedule, IReadOnlySet<MachineKey> down)
    {
        Schedule = schedule;
        _machines.Clear();
        foreach (var window in schedule.Windows)
        {
            foreach (var id in window.MachineIds)
            {
                var key = MachineKey.Of(id);
                _machines[key] = new MachineEntry(id, window.Unavailability) { IsDown = down.Contains(key) };
            }
        }

        Touch();
    }

    private ClusterStatus Describe(ClusterBook book)
    {
        var status = new ClusterStatus();
        var draining = new Dictionary<MachineEntry, ClusterStatus.Types.DrainingMachine>();
        foreach (var machine in _machines.Values)
        {
            if (machine.IsDown)
            {
                status.DownMachines.Add(machine.Id);
                continue;
            }

            var shown = new ClusterStatus.Types.DrainingMachine { Id = machine.Id };
            draining.Add(machine, shown);
            status.DrainingMachines.Add(shown);
        }

        foreach (var agent in book.Agents.Values)
        {
            if (agent.MaintenanceAnswers.Count > 0 && Of(agent.Info, agent.Address) is { IsDown: false } machine)
            {
                draining[machine].Statuses.AddRange(
                    agent.MaintenanceAnswers.OrderBy(answer => answer.Key).Select(answer => answer.Value));
            }
        }

        return status;
    }
}
