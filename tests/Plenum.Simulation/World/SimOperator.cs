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

    public int Calls { get; private set; }

    public void Start() => world.After(world.Between(1, 10), string.Empty, () =>
    {
        if (!world.IsRough)
        {
            Calm();
            return;
        }

        Send(Something());
        Start();
    });

    /// <summary>Again and again: the leader may change, and an agent that drains cannot be reactivated yet.</summary>
    private void Calm()
    {
        Send(Schedule());
        Send(Quota(0));
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
        return world.Random.Next(6) switch
        {
            0 => new Call
            {
                Type = Call.Types.Type.UpdateWeights,
                UpdateWeights = new Call.Types.UpdateWeights
                {
                    WeightInfos = { new WeightInfo { Role = "*", Weight = 1 + world.Random.Next(3) } },
                },
            },
            1 => Quota(world.Random.Next(3)),
            2 => Schedule(HostOf(agent)),
            3 when IdOf(agent) is { } id => new Call
            {
                Type = Call.Types.Type.DrainAgent,
                DrainAgent = new Call.Types.DrainAgent { AgentId = id, MaxGracePeriod = new Duration { Seconds = 1 } },
            },
            4 when IdOf(agent) is { } id => new Call
            {
                Type = Call.Types.Type.DeactivateAgent, DeactivateAgent = new Call.Types.DeactivateAgent { AgentId = id },
            },
            5 when IdOf(agent) is { } id => new Call
            {
                Type = Call.Types.Type.ReactivateAgent, ReactivateAgent = new Call.Types.ReactivateAgent { AgentId = id },
            },
            _ => null,
        };
    }

    private static string HostOf(SimAgent agent) => $"{agent.Name}.example";

    private AgentID? IdOf(SimAgent agent) => cluster.Leader?.Snapshot.Agents
        .FirstOrDefault(known => string.Equals(known.Info.Hostname, HostOf(agent), StringComparison.Ordinal))?.Id.ToWire();

    private static Call Quota(double cpus)
    {
        var amount = new Value.Types.Scalar { Value = cpus };
        var config = new QuotaConfig { Role = "kept" };
        if (cpus > 0)
        {
            config.Guarantees.Add("cpus", amount);
            config.Limits.Add("cpus", amount);
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
