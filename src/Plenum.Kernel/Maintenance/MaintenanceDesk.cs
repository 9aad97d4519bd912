using Plenum.Kernel.Agents;
using Plenum.Kernel.Allocation;
using Plenum.Kernel.Offers;
using Plenum.Kernel.Operators;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Maintenance;

namespace Plenum.Kernel.Maintenance;

/// <summary>
/// The schedule, and machines going down and up: UP until they are in the schedule, DRAINING until their
/// maintenance begins, DOWN until it ends.
/// </summary>
internal sealed class MaintenanceDesk(
    KernelContext context, ClusterBook book, OfferBook offers, InverseOffers inverse, AgentLoss loss, Allocator allocator)
{
    /// <summary>Machines of the schedule; a cluster of this size is maintained in parts.</summary>
    private const int MaxMachines = 50_000;

    /// <summary>
    /// A schedule and its machines that are down are one value in the registry, of which the store takes 16 MiB. All of them
    /// may be down, and are in it twice then: 50,000 machines with names of a hundred letters stay below.
    /// </summary>
    private const int MaxScheduleBytes = 7 * 1024 * 1024;

    public OperatorRefusal? Update(Schedule schedule)
    {
        var machines = new HashSet<MachineKey>();
        foreach (var window in schedule.Windows)
        {
            if (window.MachineIds.Count == 0)
            {
                return OperatorRefusal.Invalid("A window of the schedule has no machine");
            }

            if (window.Unavailability.Duration is { Nanoseconds: < 0 })
            {
                return OperatorRefusal.Invalid("A window of the schedule has a negative duration");
            }

            foreach (var id in window.MachineIds)
            {
                var key = MachineKey.Of(id);
                if (key.IsEmpty)
                {
                    return OperatorRefusal.Invalid("A machine needs a hostname or an ip");
                }

                if (!machines.Add(key))
                {
                    return OperatorRefusal.Invalid($"Machine {key} is in the schedule twice");
                }
            }
        }

        if (machines.Count > MaxMachines)
        {
            return OperatorRefusal.Invalid($"A schedule has at most {MaxMachines} machines");
        }

        if (schedule.CalculateSize() is var size and > MaxScheduleBytes)
        {
            return OperatorRefusal.Invalid(
                $"The schedule has {size} bytes and may have {MaxScheduleBytes}: schedule fewer machines, or shorten their hostnames");
        }

        var down = DownMachines();
        foreach (var key in down)
        {
            if (!machines.Contains(key))
            {
                return OperatorRefusal.Invalid($"Machine {key} is down and must stay in the schedule until it is up");
            }
        }

        Replace(schedule, down);
        return null;
    }

    /// <summary>START_MAINTENANCE: the machines go down, their agents with them.</summary>
    public OperatorRefusal? Start(IReadOnlyList<MachineID> machines)
    {
        if (Check(machines, wantDown: false, "is not draining: put it into the maintenance schedule first") is { } refusal)
        {
            return refusal;
        }

        var down = DownMachines();
        down.UnionWith(machines.Select(MachineKey.Of));
        Replace(book.Machines.Schedule, down);
        foreach (var agent in book.Agents.Values.ToList())
        {
            if (agent.Standing is AgentStanding.Registered or AgentStanding.Recovered
                && book.Machines.Of(agent.Info, agent.Address) is { IsDown: true })
            {
                context.Send(agent, new MasterMessage
                {
                    Shutdown = new MasterMessage.Types.Shutdown { Message = "The machine is down for maintenance" },
                });
                loss.Unregister(agent, "its machine is down for maintenance");
            }
        }

        return null;
    }

    /// <summary>STOP_MAINTENANCE: the machines are up again and leave the schedule.</summary>
    public OperatorRefusal? Stop(IReadOnlyList<MachineID> machines)
    {
        if (Check(machines, wantDown: true, "is not down") is { } refusal)
        {
            return refusal;
        }

        var up = machines.Select(MachineKey.Of).ToHashSet();
        var schedule = new Schedule();
        foreach (var window in book.Machines.Schedule.Windows)
        {
            var kept = new Window { Unavailability = window.Unavailability };
            kept.MachineIds.AddRange(window.MachineIds.Where(id => !up.Contains(MachineKey.Of(id))));
            if (kept.MachineIds.Count > 0)
            {
                schedule.Windows.Add(kept);
            }
        }

        var down = DownMachines();
        down.ExceptWith(up);
        Replace(schedule, down);
        return null;
    }

    private OperatorRefusal? Check(IReadOnlyList<MachineID> machines, bool wantDown, string whyNot)
    {
        if (machines.Count == 0)
        {
            return OperatorRefusal.Invalid("The list of machines is empty");
        }

        var named = new HashSet<MachineKey>();
        foreach (var id in machines)
        {
            var key = MachineKey.Of(id);
            if (key.IsEmpty)
            {
                return OperatorRefusal.Invalid("A machine needs a hostname or an ip");
            }

            if (!named.Add(key))
            {
                return OperatorRefusal.Invalid($"Machine {key} is listed twice");
            }

            if (!book.Machines.Machines.TryGetValue(key, out var machine) || machine.IsDown != wantDown)
            {
                return OperatorRefusal.Invalid($"Machine {key} {whyNot}");
            }
        }

        return null;
    }

    private HashSet<MachineKey> DownMachines() =>
        [.. book.Machines.Machines.Where(machine => machine.Value.IsDown).Select(machine => machine.Key)];

    private void Replace(Schedule schedule, IReadOnlySet<MachineKey> down)
    {
        book.Machines.Replace(schedule, down);
        context.WriteMaintenance(schedule, book.Machines.Machines.Values.Where(machine => machine.IsDown).Select(machine => machine.Id));

        // What is offered of a machine says when it goes; offers that say otherwise are taken back.
        foreach (var agent in book.Agents.Values)
        {
            var unavailability = book.Machines.Of(agent.Info, agent.Address)?.Unavailability;
            if (!Equals(unavailability, agent.Unavailability))
            {
                agent.Unavailability = unavailability;
                offers.RescindAllOf(agent);
                inverse.EndAllOf(agent);
                allocator.Request(agent);
            }
        }
    }
}
