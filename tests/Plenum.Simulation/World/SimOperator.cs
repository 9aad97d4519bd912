using Plenum.Kernel.Preemption;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Maintenance;
using Plenum.Protocol.V1.Master;
using Plenum.Protocol.V1.Quota;
using Duration = Google.Protobuf.WellKnownTypes.Duration;

namespace Plenum.Simulation.World;

/// <summary>
/// An operator with restless hands: weights, quota of a role nobody is in, maintenance, agents drained, deactivated and
/// reactivated. When the faults end everything is as it was, so that the world can come to rest.
/// </summary>
internal sealed class SimOperator(SimCluster cluster, SimWorld world)
{
    private static readonly TimeSpan CalmingInterval = TimeSpan.FromSeconds(5);

    /// <summary>An agent marked gone loses all it had, which ends much that others could break: at most this often.</summary>
    private const int MaxDismissals = 1;

    /// <summary>So does one whose machine goes down: at most this often.</summary>
    private const int MaxMaintenances = 2;

    private int _dismissals;
    private int _maintenances;

    public int Calls { get; private set; }

    public void Start() => world.After(world.Options.HasOperator ? world.Between(1, 10) : world.Between(3, 30), string.Empty, () =>
    {
        if (!world.IsRough)
        {
            Calm();
            return;
        }

        if (world.IsTight && Calls == 0)
        {
            Prioritise(isOver: false);
        }

        Send(Something());
        Start();
    });

    /// <summary>Again and again: the leader may change, and an agent that drains cannot be reactivated yet.</summary>
    private void Calm()
    {
        Send(Stop());
        Send(Schedule());
        Prioritise(isOver: true);
        Send(Quota("kept", 0));
        Send(Quota(SimFramework.Lower, 0));
        Send(Quota(SimFramework.Upper, 0));
        foreach (var agent in cluster.Agents)
        {
            if (IdOf(agent) is { } id)
            {
                Send(new Call
                {
                    Type = Call.Types.Type.ReactivateAgent,
                    ReactivateAgent = new Call.Types.ReactivateAgent { AgentId = id },
                });
            }
        }

        world.After(CalmingInterval, string.Empty, Calm);
    }

    private void Send(Call? call)
    {
        if (call is not null && cluster.Leader is { } leader)
        {
            Calls++;
            world.Note($"operator: {call.Type}");
            leader.FromOperator(call);
        }
    }

    private Call? Something()
    {
        var agent = cluster.Agents[world.Random.Next(cluster.Agents.Count)];
        return world.Random.Next(15) switch
        {
            0 => new Call
            {
                Type = Call.Types.Type.UpdateWeights,
                UpdateWeights = new Call.Types.UpdateWeights
                {
                    WeightInfos = { new WeightInfo { Role = world.Chance(0.5) ? "*" : SimFramework.Lower, Weight = 1 + world.Random.Next(3) } },
                },
            },
            1 => Quota("kept", world.Random.Next(3)),
            6 or 7 => Quota(SimFramework.Upper, world.Random.Next(8), promised: world.Random.Next(2)),
            9 => Quota(SimFramework.Lower, world.Random.Next(4), promised: 0),
            2 => Schedule(HostOf(agent)),
            3 when IdOf(agent) is { } id => new Call
            {
                Type = Call.Types.Type.DrainAgent,
                DrainAgent = new Call.Types.DrainAgent
                {
                    AgentId = id, MaxGracePeriod = new Duration { Seconds = 1 }, MarkGone = MayDismiss(agent, 0.2),
                },
            },
            8 when IdOf(agent) is { } id && MayDismiss(agent, 0.3) => new Call
            {
                Type = Call.Types.Type.MarkAgentGone, MarkAgentGone = new Call.Types.MarkAgentGone { AgentId = id },
            },
            4 when IdOf(agent) is { } id => new Call
            {
                Type = Call.Types.Type.DeactivateAgent, DeactivateAgent = new Call.Types.DeactivateAgent { AgentId = id },
            },
            5 when IdOf(agent) is { } id => new Call
            {
                Type = Call.Types.Type.ReactivateAgent, ReactivateAgent = new Call.Types.ReactivateAgent { AgentId = id },
            },
            10 or 11 => Begin() ?? (world.IsTight ? Schedule(HostOf(agent)) : null),
            12 => Stop(),
            13 or 14 => Prioritise(isOver: false),
            _ => null,
        };
    }

    /// <summary>Machines that are in the schedule and whose agents are at work.</summary>
    private Call? Begin()
    {
        if (_maintenances >= MaxMaintenances
            || cluster.Leader?.Snapshot is not { } book
            || cluster.Agents.FirstOrDefault(agent => book.MaintenanceStatus.DrainingMachines.Any(machine => machine.Id.Hostname == HostOf(agent))) is not { } down
            || book.Agents.FirstOrDefault(agent => agent.Connected && agent.Info.Hostname == HostOf(down)) is not { } agent)
        {
            return null;
        }

        _maintenances++;
        cluster.Dismissed.Add(down.Name);
        cluster.PutDown.Add(agent.Id);
        return new Call
        {
            Type = Call.Types.Type.StartMaintenance,
            StartMaintenance = new Call.Types.StartMaintenance { Machines = { new MachineID { Hostname = HostOf(down) } } },
        };
    }

    private Call? Stop() => cluster.Leader?.Snapshot.MaintenanceStatus.DownMachines is { Count: > 0 } down
        ? new Call
        {
            Type = Call.Types.Type.StopMaintenance, StopMaintenance = new Call.Types.StopMaintenance { Machines = { down } },
        }
        : null;

    private Call? Prioritise(bool isOver)
    {
        string[] roles = [SimFramework.Upper, SimFramework.Lower];
        var set = roles.Where(_ => !isOver && world.Chance(0.7)).Select(role => new RolePriority(role, world.Random.Next(-1, 2))).ToList();
        world.Note($"operator: priorities {string.Join(", ", set)}");
        cluster.Leader?.FromOperator(set, [.. roles.Except(set.Select(static priority => priority.Role))]);
        return null;
    }

    private static string HostOf(SimAgent agent) => $"{agent.Name}.example";

    private AgentID? IdOf(SimAgent agent) => cluster.Leader?.Snapshot.Agents
        .FirstOrDefault(known => string.Equals(known.Info.Hostname, HostOf(agent), StringComparison.Ordinal))?.Id.ToWire();

    private bool MayDismiss(SimAgent agent, double chance)
    {
        if (_dismissals >= MaxDismissals || !world.Chance(chance))
        {
            return false;
        }

        _dismissals++;
        cluster.Dismissed.Add(agent.Name);
        return true;
    }

    private static Call Quota(string role, double cpus, double? promised = null)
    {
        var config = new QuotaConfig { Role = role };
        if (cpus > 0)
        {
            if (Math.Min(cpus, promised ?? cpus) is var guarantee and > 0)
            {
                config.Guarantees.Add("cpus", new Value.Types.Scalar { Value = guarantee });
            }

            config.Limits.Add("cpus", new Value.Types.Scalar { Value = cpus });
        }

        return new Call
        {
            Type = Call.Types.Type.UpdateQuota, UpdateQuota = new Call.Types.UpdateQuota { Force = true, QuotaConfigs = { config } },
        };
    }

    private static Call Schedule(params string[] hosts)
    {
        var schedule = new Schedule();
        if (hosts.Length > 0)
        {
            schedule.Windows.Add(new Window
            {
                MachineIds = { hosts.Select(host => new MachineID { Hostname = host }) },
                Unavailability = new Unavailability { Start = new TimeInfo { Nanoseconds = 1 } },
            });
        }

        return new Call
        {
            Type = Call.Types.Type.UpdateMaintenanceSchedule,
            UpdateMaintenanceSchedule = new Call.Types.UpdateMaintenanceSchedule { Schedule = schedule },
        };
    }
}
