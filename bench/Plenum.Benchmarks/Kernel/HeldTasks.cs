using System.Diagnostics;
using System.Globalization;
using Plenum.Benchmarks.Reporting;
using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Benchmarks.Kernel;

/// <summary>Memory and one allocation run of a kernel that holds many agents and ten tasks on each.</summary>
internal static class HeldTasks
{
    private const int TasksPerAgent = 10;
    private const int FrameworkCount = 100;
    private const int Cycles = 3;

    private static readonly int[] Sizes = [12_500, 25_000, 50_000];

    public static IEnumerable<BenchmarkRow> Run()
    {
        var measured = new List<double>();
        foreach (var agents in Sizes)
        {
            var largest = agents == Sizes[^1];
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var cluster = new LargeCluster();
            cluster.Subscribe(FrameworkCount);
            for (var i = 1; i <= agents; i++)
            {
                cluster.Register(i, cluster.Registration(i, TasksPerAgent));
            }

            var cycle = Medians.Of(Enumerable.Range(0, Cycles).Select(_ => Cycle(cluster, agents)));
            measured.Add(cycle);
            var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
            var what = string.Create(
                CultureInfo.InvariantCulture, $"{agents:N0} agents, {FrameworkCount} frameworks, {agents * TasksPerAgent:N0} tasks held");
            yield return new BenchmarkRow($"{what}: one allocation run", cycle, "s", largest ? 1 : null, LowerIsBetter: true);
            yield return new BenchmarkRow($"{what}: memory", bytes / 1e9, "GB", largest ? 4 : null, LowerIsBetter: true);
        }

        yield return new BenchmarkRow(
            "held tasks: exponent of the run's growth",
            Math.Log(measured[^1] / measured[0]) / Math.Log((double)Sizes[^1] / Sizes[0]),
            string.Empty);
    }

    private static double Cycle(LargeCluster cluster, int agents)
    {
        // Everything offered comes back, so that the next run has all agents to give again.
        var offers = new Dictionary<SchedulerStreamId, List<Offer>>();
        cluster.Now += TimeSpan.FromSeconds(2);
        var clock = Stopwatch.StartNew();
        cluster.Apply(new KernelCommand.Tick(), Take);
        var seconds = clock.Elapsed.TotalSeconds;
        while (cluster.Kernel.NextDeadline <= cluster.Now)
        {
            cluster.Apply(new KernelCommand.Tick(), Take);
        }

        foreach (var (stream, offered) in offers)
        {
            var decline = new Call.Types.Decline { Filters = new Filters { RefuseSeconds = 0 } };
            decline.OfferIds.AddRange(offered.Select(offer => offer.Id));
            cluster.Apply(new KernelCommand.SchedulerCall(
                stream, new Call { FrameworkId = offered[0].FrameworkId, Type = Call.Types.Type.Decline, Decline = decline }));
        }

        var made = offers.Values.Sum(offered => offered.Count);
        return made == agents ? seconds : throw new InvalidOperationException($"{made} offers were made of {agents} agents");

        void Take(KernelEffect effect)
        {
            if (effect is KernelEffect.SendToScheduler { Event: { Type: Event.Types.Type.Offers } offered } sent)
            {
                if (!offers.TryGetValue(sent.Stream, out var list))
                {
                    offers[sent.Stream] = list = [];
                }

                list.AddRange(offered.Offers.Offers_);
            }
        }
    }
}
