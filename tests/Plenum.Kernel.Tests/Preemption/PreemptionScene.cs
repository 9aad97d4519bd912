using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;
using Plenum.Kernel.Operators;
using Plenum.Kernel.Preemption;
using Plenum.Protocol.V1;
using Capability = Plenum.Protocol.V1.FrameworkInfo.Types.Capability;

namespace Plenum.Kernel.Tests.Preemption;

/// <summary>Who holds what and who waits, as most tests of preemption begin.</summary>
internal static class PreemptionScene
{
    /// <summary>After it the first look that may end something was.</summary>
    public static readonly TimeSpan Delay = TimeSpan.FromSeconds(41);

    /// <summary>One agent of four cpus, all held by four tasks of dev, and a framework of prod that wants some.</summary>
    public static (TestCluster Cluster, TestAgent Agent, TestFramework Dev, TestFramework Prod) FullAgent(bool isPartitionAware = true)
    {
        var cluster = Cluster();
        var agent = cluster.AddAgent("cpus:4;mem:256");
        var info = TestFramework.InRoles("dev", "dev");
        if (isPartitionAware)
        {
            info.Capabilities.Add(new Capability { Type = Capability.Types.Type.PartitionAware });
        }

        var dev = cluster.Subscribe(info);
        Launch(cluster, dev, ("t1", "cpus:1;mem:64"), ("t2", "cpus:1;mem:64"), ("t3", "cpus:1;mem:64"), ("t4", "cpus:1;mem:64"));
        return (cluster, agent, dev, cluster.Subscribe(TestFramework.InRoles("prod", "prod")));
    }

    /// <summary>One after the other, a second apart.</summary>
    public static void Launch(TestCluster cluster, TestFramework framework, params (string Id, string Resources)[] tasks)
    {
        foreach (var (id, resources) in tasks)
        {
            cluster.Advance(TimeSpan.FromSeconds(1));
            var offer = framework.TakeOffer();
            framework.Launch(offer, 0, TestFramework.Task(offer, id, resources));
        }

        framework.Suppress();
        cluster.Settle();
        foreach (var rest in framework.Offers.Where(rest => cluster.Snapshot.Offers.Any(offer => offer.Id.Value == rest.Id.Value)).ToList())
        {
            framework.Decline(rest, 0);
        }

        cluster.Advance(TimeSpan.FromSeconds(1));
    }

    /// <summary>Its agents answer no pings and are not asked for any.</summary>
    public static TestCluster Cluster(Func<KernelOptions, KernelOptions>? with = null) => new(options =>
        (with is null ? options : with(options)) with { AgentPingInterval = TimeSpan.FromDays(1) });

    public static TestFramework Waiting(TestCluster cluster, string role, int priority)
    {
        Prioritize(cluster, (role, priority));
        return cluster.Subscribe(TestFramework.InRoles(role, role));
    }

    public static void Prioritize(TestCluster cluster, params (string Role, int Priority)[] priorities) =>
        Change(cluster, [.. priorities.Select(priority => new RolePriority(priority.Role, priority.Priority))]).ShouldBeNull();

    public static OperatorRefusal? Change(TestCluster cluster, IReadOnlyList<RolePriority> set, params string[] removed)
    {
        cluster.Apply(new KernelCommand.ChangePriorities(new OperatorRequestId(1), set, removed));
        return cluster.LastEffects.OfType<KernelEffect.AnswerOperator>().ShouldHaveSingleItem().Refusal;
    }
}
