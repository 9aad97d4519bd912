using Plenum.Simulation.World;

namespace Plenum.Simulation;

/// <summary>
/// Runs one whole cluster of deterministic cores, masters, agents and frameworks, through faults that one seed
/// decides, then lets it heal. Equal seeds give equal runs.
/// </summary>
public static class Simulator
{
    /// <summary>Between two looks whether everybody agrees.</summary>
    private static readonly TimeSpan HealCheckInterval = TimeSpan.FromSeconds(5);

    /// <summary>Longer than every timeout of a healthy connection: pings, 15 s here, and a framework's patience, 75 s.</summary>
    private static readonly TimeSpan CalmTime = TimeSpan.FromSeconds(95);

    public static SimulationResult Run(ulong seed, SimulationOptions? options = null)
    {
        options ??= new SimulationOptions();
        var world = new SimWorld(seed, options);
        var cluster = new SimCluster(world);
        var failure = (string?)null;
        try
        {
            Run(world, cluster);
        }
        catch (SimulationFailureException broken)
        {
            failure = broken.Message;
        }
        catch (Exception crash) when (crash is InvalidOperationException or NullReferenceException or ArgumentException or KeyNotFoundException)
        {
            // A core that throws is as broken as one that lies.
            failure = crash.ToString();
        }

        return new SimulationResult
        {
            Seed = seed,
            Failure = failure,
            Trace = world.Trace,
            Steps = world.Steps,
            SimulatedTime = world.Now - SimWorld.Start,
            TasksLaunched = cluster.Frameworks.Sum(framework => framework.Launched),
            MasterFailovers = cluster.Failovers,
            AgentCrashes = cluster.Agents.Sum(agent => agent.Crashes),
            DiskChanges = cluster.Agents.Sum(agent => agent.DiskChanges),
            Preempted = cluster.Frameworks.Sum(framework => framework.Preempted),
            PutDown = cluster.PutDown.Count,
            VolumeChanges = cluster.Agents.Sum(agent => agent.VolumeChanges),
            Fingerprint = world.Fingerprint,
        };
    }

    private static void Run(SimWorld world, SimCluster cluster)
    {
        void AfterStep()
        {
            WorldChecks.AfterStep(cluster);
            cluster.EnsureLeader();
        }

        cluster.Start();
        world.RunUntil(SimWorld.Start + world.Options.FaultTime, AfterStep);
        cluster.Heal();
        cluster.EnsureLeader();
        var bound = world.Now + world.Options.HealTime;
        var (activity, since) = (string.Empty, world.Now);
        string? disagreement;
        do
        {
            world.RunUntil(world.Now + HealCheckInterval, AfterStep);
            disagreement = WorldChecks.FindDisagreement(cluster);
            var seen = cluster.Activity;
            (activity, since) = seen == activity ? (activity, since) : (seen, world.Now);

            // Agreement of a moment proves little: what is well connected must also stay so.
            disagreement ??= world.Now - since < CalmTime ? $"it is not calm: {seen}" : null;
        }
        while (disagreement is not null && world.Now < bound);

        if (disagreement is not null)
        {
            throw new SimulationFailureException($"{world.Options.HealTime} after the faults stopped: {disagreement}");
        }
    }
}
