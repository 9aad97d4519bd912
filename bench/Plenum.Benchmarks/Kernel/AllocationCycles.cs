using System.Diagnostics;
using System.Globalization;
using Plenum.Benchmarks.Reporting;
using Plenum.Kernel;
using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Benchmarks.Kernel;

/// <summary>
/// One allocation run over every agent, in the sizes of Mesos' published figures: one role, no filters, all
/// agents free. Each run offers every agent to somebody; declining without a filter makes them free again.
/// </summary>
internal sealed class AllocationCycles
{
    private const int WarmRuns = 1;
    private const int Runs = 5;

    private static readonly (int Agents, int Frameworks, double TargetSeconds)[] Sizes =
    [
        (1_000, 100, 0.02), (5_000, 500, 0.1), (10_000, 1_000, 0.3), (20_000, 2_000, 1.0),
    ];

    private readonly ClusterKernel _kernel = new(new KernelOptions
    {
        MasterInfo = new MasterInfo { Id = "bench", Ip = 0, Port = 5050 },
        AgentPingInterval = TimeSpan.FromDays(1),
        SchedulerHeartbeatInterval = TimeSpan.FromDays(1),
        AllocationInterval = TimeSpan.FromSeconds(1),
    });

    private readonly List<KernelEffect> _effects = [];
    private readonly Dictionary<SchedulerStreamId, (FrameworkID Id, List<OfferID> Offers)> _frameworks = [];
    private DateTimeOffset _now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static IEnumerable<BenchmarkRow> Run()
    {
        var measured = new List<(int Agents, double Seconds)>();
        foreach (var (agents, frameworks, target) in Sizes)
        {
            var bench = new AllocationCycles();
            bench.Fill(agents, frameworks);
            var seconds = Medians.Of(Enumerable.Range(0, WarmRuns + Runs).Select(_ => bench.Cycle(agents)).Skip(WarmRuns));
            measured.Add((agents, seconds));
            yield return new BenchmarkRow(
                string.Create(CultureInfo.InvariantCulture, $"allocation: one run, {agents:N0} agents, {frameworks:N0} frameworks"),
                seconds * 1000,
                "ms",
                target * 1000,
                LowerIsBetter: true);
        }

        // Agents and frameworks both grow: 1 is what a run must cost that looks at every agent once.
        var (first, last) = (measured[0], measured[^1]);
        yield return new BenchmarkRow(
            "allocation: exponent of the growth over these sizes",
            Math.Log(last.Seconds / first.Seconds) / Math.Log((double)last.Agents / first.Agents),
            string.Empty);
    }

    private void Fill(int agents, int frameworks)
    {
        for (var i = 1; i <= frameworks; i++)
        {
            var info = new FrameworkInfo { Name = $"bench-{i}", User = "root", FailoverTimeout = 3600 };
            Apply(new KernelCommand.Subscribe(
                new SchedulerStreamId(i),
                new Call { Type = Call.Types.Type.Subscribe, Subscribe = new Call.Types.Subscribe { FrameworkInfo = info } },
                null));
        }

        for (var i = 1; i <= agents; i++)
        {
            var register = new AgentMessage.Types.Register
            {
                AgentInfo = new AgentInfo { Hostname = $"agent-{i}" },
                Version = "1.11.0",
                Address = new Address { Hostname = $"agent-{i}", Ip = $"10.{i >> 16}.{(i >> 8) & 255}.{i & 255}", Port = 5051 },
            };
            register.AgentInfo.Resources.AddRange(ResourceSet.Parse("cpus:24;mem:4096;disk:4096;ports:[31000-32000]").ToWire());
            Apply(new KernelCommand.RegisterAgent(new AgentLinkId(i), register));
        }
    }

    private double Cycle(int agents)
    {
        _now += TimeSpan.FromSeconds(2);
        var clock = Stopwatch.StartNew();
        _kernel.Apply(new KernelCommand.Tick(), _now, _effects);
        var seconds = clock.Elapsed.TotalSeconds;
        Take();
        var offered = 0;
        foreach (var (stream, (id, offers)) in _frameworks)
        {
            offered += offers.Count;
            var decline = new Call.Types.Decline { Filters = new Filters { RefuseSeconds = 0 } };
            decline.OfferIds.AddRange(offers);
            offers.Clear();
            Apply(new KernelCommand.SchedulerCall(
                stream, new Call { FrameworkId = id, Type = Call.Types.Type.Decline, Decline = decline }));
        }

        return offered == agents
            ? seconds
            : throw new InvalidOperationException($"{offered} offers were made of {agents} agents");
    }

    private void Apply(KernelCommand command)
    {
        _kernel.Apply(command, _now, _effects);
        Take();
    }

    private void Take()
    {
        foreach (var effect in _effects)
        {
            switch (effect)
            {
                case KernelEffect.SendToScheduler { Event: { Type: Event.Types.Type.Offers } offered } sent:
                    _frameworks[sent.Stream].Offers.AddRange(offered.Offers.Offers_.Select(offer => offer.Id));
                    break;
                case KernelEffect.SendToScheduler { Event: { Type: Event.Types.Type.Subscribed } subscribed } sent:
                    _frameworks[sent.Stream] = (subscribed.Subscribed.FrameworkId, []);
                    break;
            }
        }

        _effects.Clear();
    }
}
